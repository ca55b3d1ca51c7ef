/**
 * What runs in a player process: loads the files with scenarios, then plays the chunks of cases that it is sent, one at a
 * time, until its parent is gone.
 */
import { loadScenarios } from '../scenario-file.js'
import type { Case } from './case.js'
import type { How } from './played.js'
import { Player } from './player.js'
import type { FromPlayer, PlayerOrder, ToPlayer } from './player-wire.js'
import { isUnplayable } from './unplayable.js'

const say = (message: FromPlayer, then: () => void = () => undefined): void => {
  process.send?.(message, undefined, undefined, then)
}

async function playerOf(order: PlayerOrder): Promise<Player> {
  const { files, plays, naive, rates } = order
  // Ours first: what is loaded before the loader of TypeScript is loaded sooner.
  const { play, playNaive } = await import(plays)
  const loaded = await loadScenarios(files)
  const scenarios = loaded.map(({ scenario }) => scenario)
  return new Player(scenarios, { play, ...(naive && { naive: playNaive }), ...(rates && { rates }) })
}

async function endOf(player: Player, cases: readonly Case[], how: How): Promise<FromPlayer> {
  try {
    return { kind: 'played', played: await player.play(cases, how, (at) => say({ kind: 'at', at })) }
  } catch (error) {
    if (!isUnplayable(error)) throw error
    return { kind: 'unplayable', message: error.message }
  }
}

process.on('disconnect', () => process.exit(0))
try {
  const player = await playerOf(JSON.parse(process.argv[2] ?? '{}'))
  process.on('message', async ({ cases, how }: ToPlayer) => say(await endOf(player, cases, how)))
  say({ kind: 'ready' })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  say({ kind: 'unloadable', message }, () => process.exit(1))
}
