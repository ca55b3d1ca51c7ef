// A process that goes on with the run of the one before it, begins one of its own, and kills itself within a step of it.

import { isPeer, type PeerKind } from '../contender.js'
import { survive } from '../contenders/survivor.js'
import { loadPeer } from '../peer.js'
import { nextResult } from '../result.js'
import type { Scene, Survivor } from './survivor.js'
import { Witness } from './witness.js'

/** What it is told, once. */
export interface Told {
  readonly who: PeerKind | 'keyed' | 'checked' | 'once'
  readonly url: string
  readonly server: string | null
  readonly witness: string
  /** The run that the process before it left behind. */
  readonly goOn: string | null
  /** The run within whose step it dies; null: it closes when there is nothing more to go on with. */
  readonly begin: string | null
  readonly steps: number
  readonly dieAt: number
}

export type Reply = { readonly went: 'ended' | 'with a person' } | { readonly error: string }

process.once('message', (told: Told) => {
  act(told).catch((error) => say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
})

async function act(told: Told): Promise<void> {
  const survivor = await open(told)
  if (told.goOn !== null) say({ went: await survivor.goOn(told.goOn, told.steps) })
  if (told.begin !== null) {
    await survivor.begin(told.begin, told.steps)
    throw new Error(`Run ${told.begin} ended, though it was to die.`)
  }
  await survivor.close()
  process.disconnect()
}

function open(told: Told): Promise<Survivor> {
  const witness = new Witness(told.witness)
  const scene: Scene = {
    url: told.url,
    server: told.server,
    effect: (run, step, key) => {
      witness.write({ run, step, key: key ?? null, at: Date.now() })
      if (run === told.begin && step === told.dieAt) die()
      return nextResult()
    },
    isDone: (run, step) => witness.read().some((one) => one.run === run && one.step === step),
  }
  const { who } = told
  return isPeer(who as PeerKind)
    ? loadPeer(who as PeerKind).then((peer) => peer.survive(scene))
    : survive(scene, who as 'once')
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // Nothing more may happen here until the signal has bitten.
  for (;;);
}

function say(reply: Reply): void {
  process.send?.(reply)
}

// One that outlived the bench would go on with what the next one works.
process.on('disconnect', () => process.exit())
