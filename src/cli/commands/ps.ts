import { MidwatchError } from '../../core/errors.js'
import { stopText } from '../../core/lives.js'
import type { RunFilter, RunRow } from '../../core/run-row.js'
import { RUN_STATES, type RunState } from '../../core/states.js'
import { table } from '../../core/text-table.js'
import { runView } from '../../runtime/run-view.js'
import type { Call } from '../call.js'
import { isStranded, type Served, servedIn, strandedText } from '../stranded.js'
import { tripText } from '../trip-text.js'
import type { Reply, Verb } from '../verb.js'
import { amount, cut, fromNow, shortId, span } from '../words.js'

const LIMIT = 50
const HEADS = ['run', 'agent', 'tenant', 'session', 'state', 'waits for', 'due', 'age', 'spend', 'outcome']
const LIVE: readonly RunState[] = ['queued', 'running', 'waiting']

export const ps: Verb = {
  usage: 'ps',
  says: 'List runs that have not ended, newest first.',
  options: [
    ['--all', 'ended ones too'],
    ['--tenant <tenant>', 'of one tenant'],
    ['--agent <agent>', 'of one agent'],
    ['--state <state>', `in one state: ${RUN_STATES.join(', ')}`],
    ['--limit <number>', `at most so many (default ${LIMIT})`],
  ],
  act: listRuns,
}

async function listRuns(call: Call): Promise<Reply> {
  const filter = filterOf(call)
  const ledger = await call.ledger()
  const [runs, now, served] = [await ledger.runs(filter), await ledger.now(), await servedIn(ledger)]
  const more = runs.length === filter.limit ? `\nOnly the newest ${runs.length}; --limit shows more.` : ''
  const none = call.flag('all') ? 'There is no run.' : 'No run is under way; --all shows those that have ended.'
  const text =
    runs.length === 0
      ? none
      : table(
          HEADS,
          runs.map((run) => rowOf(run, now)),
        ) + more
  const agent = call.text('agent')
  const trips = await ledger.drift.trips({ standing: true, ...(agent && { agent }) })
  // Where nobody works at all there is nothing to say of single versions; doctor says that nobody does.
  const lying = served.workers.length > 0 ? served.stranded : served.stranded.filter(({ why }) => why === 'misfit')
  const told = runs.map((run) => ({ ...runView(run), ...strandsOf(run, served) }))
  const standing = await ledger.lives.standing()
  const stop = stopText(standing)
  return {
    text: [stop ?? '', text, strandedText(lying), ...trips.map((trip) => tripText(trip, now))]
      .filter(Boolean)
      .join('\n\n'),
    data: { now, runs: told, stranded: served.stranded, trips, stopped: standing.stopped },
  }
}

function filterOf(call: Call): RunFilter & { readonly limit: number } {
  const limit = Number(call.text('limit') ?? LIMIT)
  if (!Number.isSafeInteger(limit) || limit < 1) throw new MidwatchError('usage', '--limit is a whole number from 1.')
  const state = call.text('state')
  const known = RUN_STATES.find((one) => one === state)
  if (state !== undefined && !known) {
    throw new MidwatchError('usage', `'${state}' is no state; use ${RUN_STATES.join(', ')}.`)
  }
  const [tenant, agent] = [call.text('tenant'), call.text('agent')]
  const states = known ? { states: [known] } : call.flag('all') ? {} : { states: LIVE }
  return { limit, ...states, ...(tenant && { tenant }), ...(agent && { agent }) }
}

function rowOf(run: RunRow, now: number): string[] {
  return [
    `${run.parent === null ? '' : '↳ '}${shortId(run.runId)}`,
    `${run.agent}@${run.version}`,
    run.tenant,
    cut(run.session ?? '', 24),
    run.state,
    run.state === 'waiting' ? (run.waits ?? '') : '',
    run.dueAt === null ? '' : fromNow(run.dueAt, now),
    span((run.endedAt ?? now) - run.createdAt),
    amount('usd', run.meters.usd?.used ?? 0),
    [run.outcome, run.detail].filter(Boolean).join(' '),
  ]
}

/** Whether a live worker goes on with it; `served: false` or a misfit is `stranded`. */
const strandsOf = (run: RunRow, served: Served) => ({ served: served.serves(run), stranded: isStranded(run, served) })
