import { MidwatchError } from '../../core/errors.js'
import { DEPTH_MOST, isBoundScope, type LineRow, type QueueRow } from '../../core/queues.js'
import { table } from '../../core/text-table.js'
import type { EpochMs } from '../../core/time.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { span } from '../words.js'

const QUEUE_HEADS = ['queue', 'waiting', 'oldest waits', 'served by']
const LINE_HEADS = ['bound on', 'waiting', 'at most', 'begin a minute', 'refused', 'too late', 'shed', 'set by']
const LIMIT = 200

export const queues: Verb = {
  usage: 'queues [action] [scope] [max]',
  says: 'List queues and bounds, or bound what may wait to begin: queues bound tenant:acme 500, queues bound tenant:* none.',
  options: [
    ['--limit <number>', `at most so many bounds (default ${LIMIT})`],
    ['--by <name>', 'with bound: who (default: the name of this account)'],
  ],
  act: (call) => (call.arg(0) === '' ? list(call) : bound(call)),
}

async function list(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const limit = call.whole('limit', 1) ?? LIMIT
  const [rows, bounds, now] = [await ledger.queues.list(), await ledger.queues.lines({ limit }), await ledger.now()]
  const waiting =
    rows.length === 0
      ? 'Nothing waits to begin, and no worker looks into any queue.'
      : table(
          QUEUE_HEADS,
          rows.map((row) => queueLine(row, now)),
        )
  const bounded =
    bounds.length === 0 ? 'No bound is set: as much as comes may wait.' : table(LINE_HEADS, bounds.map(boundLine))
  return { text: `${waiting}\n\n${bounded}`, data: { now, queues: rows, bounds } }
}

const counted = (waiting: number): string => (waiting >= DEPTH_MOST ? `${DEPTH_MOST} or more` : String(waiting))

function queueLine({ queue, waiting, oldestAt, servedBy }: QueueRow, now: EpochMs): string[] {
  const served = servedBy.length > 3 ? `${servedBy.length} workers` : servedBy.join(', ')
  return [queue, counted(waiting), oldestAt === null ? '' : span(now - oldestAt), served || 'nobody']
}

function boundLine({ scope, waiting, max, rate, refused, late, shed, by }: LineRow): string[] {
  const aMinute = rate === null ? '' : String(Math.round((rate * 60) / 1_000))
  return [scope, counted(waiting), String(max), aMinute, String(refused), String(late), String(shed), by]
}

async function bound(call: Call): Promise<Reply> {
  const [action, scope, text] = [call.arg(0), call.arg(1), call.arg(2)]
  if (action !== 'bound')
    throw new MidwatchError('usage', `'${action}' is nothing to do with queues; use: queues bound SCOPE MAX.`)
  if (!isBoundScope(scope))
    throw new MidwatchError(
      'usage',
      `'${scope}' has no bound; write queue:NAME, tenant:NAME or agent:NAME, with * for each.`,
    )
  const max = text === 'none' ? null : Number(text)
  if (max !== null && !(/^\d+$/.test(text) && max >= 1 && max <= 1_000_000))
    throw new MidwatchError(
      'usage',
      `'${text}' is no bound; write a whole number from 1 to 1000000, or none to take it away.`,
    )
  const ledger = await call.ledger()
  await ledger.queues.setBound({ scope, max, by: call.by })
  const said =
    max === null
      ? `As much as comes may wait in ${scope}.`
      : `At most ${max} may wait to begin in ${scope}, from the next start on.`
  return { text: said, data: { scope, max, by: call.by } }
}
