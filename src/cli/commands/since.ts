import type { AlarmRow } from '../../core/drift.js'
import { showUsd } from '../../core/money.js'
import { table } from '../../core/text-table.js'
import { doneSince, type Since } from '../../runtime/since.js'
import type { Call } from '../call.js'
import { sinceOf } from '../since.js'
import { tripText } from '../trip-text.js'
import type { Reply, Verb } from '../verb.js'
import { amount, brief, many, shortId, stamp } from '../words.js'

const WORDS = { performed: 'done', not_performed: 'not done', in_doubt: 'IN DOUBT', under_way: 'UNDER WAY' } as const

export const since: Verb = {
  usage: 'since <time>',
  says: 'Everything done since a time, doubts included: since 2h, since 2026-01-31T02:00Z.',
  options: [['--scope <scope>', 'fleet (default), tenant:T, agent:A, tool:T, session:T/S or run:R']],
  act: async (call): Promise<Reply> => {
    const { from, found } = await read(call)
    return { text: textOf(found), data: { ...found, from } }
  },
}

async function read(call: Call): Promise<{ from: number; found: Since }> {
  // Meters of tools are shown in their own units where the config says which.
  await call.projectIfAny()
  const ledger = await call.ledger()
  const from = sinceOf(call.arg(0), await ledger.now())
  return { from, found: await doneSince(ledger, from, call.text('scope') ?? 'fleet') }
}

function textOf(found: Since): string {
  const { acts, from, until, scope, untold, switches, trips, alarms } = found
  const open = acts.filter(({ state }) => state === 'in_doubt' || state === 'under_way').length
  const head = `Since ${stamp(from)}, ${scope}, as of ${stamp(until)}: ${many(acts.length - open, 'act')} known, ${open} in doubt or under way.`
  const rows = acts.map((act) => [
    stamp(act.at),
    act.undone ? 'taken back' : WORDS[act.state],
    act.tool,
    brief(act.input as never),
    Object.entries(act.charged)
      .map(([meter, value]) => `${meter} ${amount(meter, value)}`)
      .join(', '),
    act.tenant,
    act.agent,
    shortId(act.runId),
    act.approval === null ? '' : 'yes',
  ])
  const heads = ['began', 'state', 'tool', 'with', 'charged', 'tenant', 'agent', 'run', 'approved']
  return [
    head,
    acts.length === 0 ? 'No effect was begun.' : table(heads, rows),
    restText(found),
    switches
      .map((s) => `${stamp(s.at)} ${s.by} ${s.engaged ? `engaged ${s.mode} on` : 'released'} ${s.scope}.`)
      .join('\n'),
    trips.map((trip) => tripText(trip, until)).join('\n'),
    alarms.map(alarmLine).join('\n'),
    untold === 0
      ? ''
      : `${many(untold, 'run')} had words erased or a journal pruned: what they did is not all told here.`,
  ]
    .filter(Boolean)
    .join('\n\n')
}

const alarmLine = ({ agent, measure, direction, at }: AlarmRow): string =>
  `${stamp(at)} ${measure} of ${agent} went ${direction}: midwatch drift ${agent}`

function restText({ runs, modelCalls, reads, usdMicros, refusals, questions, signals }: Since): string {
  const ended = Object.entries(runs.ended).map(([outcome, count]) => `${count} ${outcome.replace('_', ' ')}`)
  const hits = Object.entries(signals).map(([name, count]) => `${name} ${count}`)
  return [
    `${many(runs.started, 'run')} started, ${runs.live} not ended, ${ended.join(', ') || 'none ended'}.`,
    `${many(modelCalls, 'model call')} for ${showUsd(usdMicros)}, ${many(reads, 'read')}, ${many(refusals, 'refusal')}.`,
    `${many(questions.asked, 'question')} to people, ${questions.answered} answered, ${questions.open} open.`,
    hits.length === 0 ? '' : `Signals: ${hits.join(', ')}.`,
  ]
    .filter(Boolean)
    .join(' ')
}
