import type { Ledger } from '../core/ledger.js'
import type { SwitchMode } from '../core/ops.js'
import type { RunRow } from '../core/run-row.js'
import type { Clock } from '../core/time.js'
import type { Call } from './call.js'
import { heldRuns, type UnderWay, underWay } from './under-way.js'
import { many, shortId, span } from './words.js'

const WAIT_MS = 10_000
const LOOK_MS = 100

export interface Engaged {
  readonly scope: string
  readonly mode: SwitchMode
  readonly epoch: number
  readonly at: number
  /** Connections that stood in the way and were ended. */
  readonly terminated: number
  /** From the commit to the last call's end; null while one is open, 0 when none was under way. */
  readonly lastAbortMs: number | null
  readonly underWay: readonly UnderWay[]
}

/** Engages a switch; then waits until nothing that was under way in its scope is still open, or ten seconds. */
export async function engage(call: Call, p: { readonly scope: string; readonly mode: SwitchMode }): Promise<Engaged> {
  const ledger = await call.ledger()
  const reason = call.text('reason')
  // Looked for before and after: what is aborted at once would be missed by a look that comes later. It holds up nothing.
  const before = heldRuns(ledger, p.scope).catch((): RunRow[] => [])
  const engaged = await ledger.engage({ ...p, by: call.by, ...(reason !== undefined && { reason }) })
  const held = new Map([...(await before), ...(await heldRuns(ledger, p.scope))].map((run) => [run.runId, run]))
  const calls = await untilOver(ledger, [...held.values()], { ...p, epoch: engaged.epoch }, call.io.clock)
  const ends = calls.map((one) => one.overAt)
  const lastAbortMs = ends.some((at) => at === null) ? null : Math.max(0, ...ends.map((at) => (at ?? 0) - engaged.at))
  return { ...p, ...engaged, lastAbortMs, underWay: calls }
}

async function untilOver(
  ledger: Ledger,
  held: readonly RunRow[],
  { scope, epoch }: { readonly scope: string; readonly epoch: number },
  clock: Clock,
): Promise<UnderWay[]> {
  const until = clock.monotonic() + WAIT_MS
  const over: UnderWay[] = []
  let runs = held
  for (;;) {
    const calls = await underWay(ledger, runs, scope, epoch)
    const open = new Set(calls.filter((one) => one.overAt === null).map((one) => one.runId))
    over.push(...calls.filter((one) => !open.has(one.runId)))
    runs = runs.filter((run) => open.has(run.runId))
    const still = calls.filter((one) => open.has(one.runId))
    if (runs.length === 0 || clock.monotonic() >= until) return [...over, ...still]
    await clock.sleep(LOOK_MS)
  }
}

/** What was under way, and what became of it. */
export function underWayText({ underWay: calls, lastAbortMs, at }: Engaged): string {
  if (calls.length === 0) return 'Nothing was under way in its scope.'
  const open = calls.filter((one) => one.overAt === null).length
  const head =
    lastAbortMs === null
      ? `${open} of ${many(calls.length, 'call')} under way still open after ${span(WAIT_MS)}: the worker does not answer. Nothing more begins.`
      : `${many(calls.length, 'call')} under way; the last was over ${lastAbortMs} ms after the switch.`
  const lines = calls.map((one) => {
    const how =
      one.overAt === null ? 'still open' : `${one.end?.replace('_', ' ')} after ${Math.max(0, one.overAt - at)} ms`
    return `  ${shortId(one.runId)}  entry ${one.seq}  ${one.name}  ${how}`
  })
  return [head, ...lines].join('\n')
}
