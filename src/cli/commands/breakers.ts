import { type BreakerRow, isBreakerKey } from '../../core/breakers.js'
import { MidwatchError } from '../../core/errors.js'
import { table } from '../../core/text-table.js'
import type { EpochMs } from '../../core/time.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { fromNow, stamp } from '../words.js'

const HEADS = ['breaker', 'state', 'since', 'probes', 'opened', 'by', 'why']
/** Runs that waited come back spread over this long. */
const JITTER_MS = 2_000

export const breakers: Verb = {
  usage: 'breakers [action] [key]',
  says: 'List circuit breakers, or move one by hand: breakers isolate tool:issue_refund, breakers release model:openai/gpt-5.',
  options: [
    ['--reason <text>', 'with isolate: why; it is kept'],
    ['--by <name>', 'with isolate and release: who (default: the name of this account)'],
  ],
  act: (call) => (call.arg(0) === '' ? list(call) : move(call)),
}

async function list(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const [rows, now] = [await ledger.breakers.list(), await ledger.now()]
  const lines = rows.map((row) => lineOf(row, now))
  const text = lines.length === 0 ? 'Every breaker is closed; none was ever opened.' : table(HEADS, lines)
  return { text, data: { now, breakers: rows } }
}

function lineOf(row: BreakerRow, now: EpochMs): string[] {
  const { key, at, opened, by, reason } = row
  return [key, stateText(row, now), stamp(at), probesText(row), String(opened), by, reason ?? '']
}

function stateText({ state, until }: BreakerRow, now: EpochMs): string {
  if (state !== 'open' || until === null) return state
  return until <= now ? 'open, the next call probes' : `open, probes ${fromNow(until, now)}`
}

const probesText = ({ state, probes, probesMost }: BreakerRow): string =>
  state === 'half_open' ? `${probesMost - probes} of ${probesMost}` : ''

async function move(call: Call): Promise<Reply> {
  const [action, key] = [call.arg(0), call.arg(1)]
  if (action !== 'isolate' && action !== 'release')
    throw new MidwatchError('usage', `'${action}' is nothing to do with breakers; use: breakers isolate|release KEY.`)
  if (!isBreakerKey(key))
    throw new MidwatchError('usage', `'${key}' is no breaker; write tool:NAME or model:PROVIDER/ID.`)
  const { breakers: all } = await call.ledger()
  const reason = call.text('reason')
  const { code } =
    action === 'isolate'
      ? await all.isolate({ key, by: call.by, ...(reason !== undefined && { reason }) })
      : await all.release({ key, by: call.by, jitterMs: JITTER_MS })
  return { text: moveText(key, action, code), data: { key, action, code, by: call.by } }
}

function moveText(key: string, action: 'isolate' | 'release', code: 'ok' | 'unchanged'): string {
  if (action === 'isolate') {
    if (code === 'unchanged') return `${key} was isolated before; nothing was changed.`
    return `Isolated ${key}: no call begins until it is released. What is under way goes on.\nmidwatch breakers release ${key}`
  }
  if (code === 'unchanged') return `${key} was not open; nothing was changed.`
  return `Released ${key}: a few calls are let through, and it closes when they succeed.`
}
