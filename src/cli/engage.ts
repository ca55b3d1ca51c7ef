import type { SwitchMode } from '../core/ops.js'
import { type Engaged, engage as engageSwitch } from '../runtime/engage.js'
import type { Call } from './call.js'
import { many, shortId, span } from './words.js'

const WAIT_MS = 10_000

/** Engages a switch; then waits until nothing that was under way in its scope is still open, or ten seconds. */
export async function engage(call: Call, p: { readonly scope: string; readonly mode: SwitchMode }): Promise<Engaged> {
  const reason = call.text('reason')
  const given = { ...p, by: call.by, ...(reason !== undefined && { reason }) }
  return engageSwitch(await call.ledger(), call.io.clock, { ...given, waitMs: WAIT_MS })
}

/** What was under way, and what became of it. */
export function underWayText({ underWay: calls, lastAbortMs, at, silent }: Engaged): string {
  if (calls.length === 0) return 'Nothing was under way in its scope.'
  const open = calls.filter((one) => one.overAt === null).length
  const head =
    lastAbortMs === null
      ? `${open} of ${many(calls.length, 'call')} under way still open after ${span(WAIT_MS)}: ${silent.join(', ') || 'their worker'} did not answer. Nothing more begins.`
      : `${many(calls.length, 'call')} under way; the last was over ${lastAbortMs} ms after the switch.`
  const lines = calls.map((one) => {
    const how =
      one.overAt === null ? 'still open' : `${one.end?.replace('_', ' ')} after ${Math.max(0, one.overAt - at)} ms`
    return `  ${shortId(one.runId)}  entry ${one.seq}  ${one.name}  ${how}`
  })
  return [head, ...lines].join('\n')
}
