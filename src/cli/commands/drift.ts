import { MidwatchError } from '../../core/errors.js'
import { type Drifted, driftIn, refoldAll } from '../../runtime/drift/drifted.js'
import type { Call } from '../call.js'
import { agentText, progressText } from '../drift-text.js'
import { EXIT } from '../exit.js'
import { sinceOf } from '../since.js'
import type { Reply, Verb } from '../verb.js'
import { many, stamp } from '../words.js'

const DAY_MS = 86_400_000
/** Weeks that are shown where nobody says since when. */
const WEEKS = '84d'

export const drift: Verb = {
  usage: 'drift [agent]',
  says: 'What the runs of an agent come to, week by week, with releases, changes and tripwires.',
  options: [
    ['--since <time>', 'weeks since then (default 84d)'],
    ['--version <n>', 'of one version alone'],
    ['--rebuild', 'make the series anew from the journals first'],
    ['--strict', 'exit 1 where something changed for the worse within a week, or a tripwire stands'],
    ['--rearm <wire>', 'let a tripwire trip again that engaged nothing'],
    ['--by <name>', 'with --rearm: who (default: the name of this account)'],
  ],
  act: driftOf,
}

async function driftOf(call: Call): Promise<Reply> {
  const agent = call.arg(0) === '' ? undefined : call.arg(0)
  const version = call.whole('version', 1)
  await call.projectIfAny()
  const ledger = await call.ledger()
  const wire = call.text('rearm')
  const refused = wire === undefined ? null : await rearm(call, agent, wire)
  if (refused !== null) return refused
  const rebuilt = call.flag('rebuild') ? await rebuild(call) : null
  const since = sinceOf(call.text('since') ?? WEEKS, await ledger.now())
  const found = await driftIn(ledger, { since, ...(agent && { agent }), ...(version !== undefined && { version }) })
  const text = [rebuilt?.text ?? '', ...textsOf(found, call.io.watched), progressText(found)]
    .filter(Boolean)
    .join('\n\n')
  const exit = call.flag('strict') && isWorse(found) ? EXIT.changed : EXIT.ok
  return { text, data: { ...found, ...(rebuilt && { rebuilt: rebuilt.data }) }, exit }
}

function textsOf(found: Drifted, sparks: boolean): string[] {
  if (found.agents.length === 0) return ['No run has been counted yet.']
  return found.agents.map((one) => agentText(one, { now: found.now, sparks }))
}

/** Something is worse since a week, or stands until a person releases it. */
function isWorse({ agents, now }: Drifted): boolean {
  return agents.some(
    ({ alarms, trips }) =>
      alarms.some(({ meaning, day }) => meaning === 'worse' && day >= now - 8 * DAY_MS) ||
      trips.some(({ releasedAt }) => releasedAt === null),
  )
}

async function rebuild(call: Call): Promise<{ readonly text: string; readonly data: unknown }> {
  const { runs, days, kept } = await refoldAll(await call.ledger(), (folded) =>
    call.io.err(`${many(folded, 'run')} counted\n`),
  )
  const stay =
    kept.length === 0
      ? ''
      : ` ${many(kept.length, 'day')} stay as they were, for journals of theirs are gone: ${kept.map((day) => stamp(day).slice(0, 10)).join(', ')}.`
  return { text: `${many(days, 'day')} made anew, ${many(runs, 'run')} counted.${stay}`, data: { runs, days, kept } }
}

/** null: it may trip again. */
async function rearm(call: Call, agent: string | undefined, wire: string): Promise<Reply | null> {
  if (agent === undefined) throw new MidwatchError('usage', '--rearm needs the agent: drift AGENT --rearm WIRE.')
  const { code } = await (await call.ledger()).drift.rearm({ agent, wire, by: call.by })
  if (code === 'ok') return null
  const text = `No tripwire '${wire}' of '${agent}' stands that engaged nothing. A hold or an end is released by 'midwatch release agent:${agent}', a ceiling by 'midwatch meters set agent:${agent} …'.`
  return { text, data: { agent, wire, code }, exit: EXIT.refused }
}
