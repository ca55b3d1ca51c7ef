import type { Ledger } from '../core/ledger.js'
import type { SwitchMode } from '../core/ops.js'
import type { RunRow } from '../core/run-row.js'
import type { Clock } from '../core/time.js'
import { heldRuns, type UnderWay, underWay } from './under-way.js'

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
  /** Names of the workers that have calls which are still open: they do not answer. */
  readonly silent: readonly string[]
}

/** What is engaged, by whom, and how long is waited for what was under way. */
export interface Engaging {
  readonly scope: string
  readonly mode: SwitchMode
  readonly by: string
  readonly reason?: string
  readonly waitMs: number
}

/** Engages a switch; then waits until nothing that was under way in its scope is still open, or so long. */
export async function engage(ledger: Ledger, clock: Clock, { waitMs, ...p }: Engaging): Promise<Engaged> {
  // Looked for before and after: what is aborted at once would be missed by a look that comes later. It holds up nothing.
  const before = heldRuns(ledger, p.scope).catch((): RunRow[] => [])
  const engaged = await ledger.engage(p)
  const held = new Map([...(await before), ...(await heldRuns(ledger, p.scope))].map((run) => [run.runId, run]))
  const until = clock.monotonic() + waitMs
  const calls = await untilOver(ledger, [...held.values()], { ...p, epoch: engaged.epoch, until }, clock)
  const ends = calls.map((one) => one.overAt)
  const lastAbortMs = ends.some((at) => at === null) ? null : Math.max(0, ...ends.map((at) => (at ?? 0) - engaged.at))
  return {
    scope: p.scope,
    mode: p.mode,
    ...engaged,
    lastAbortMs,
    underWay: calls,
    silent: await silentIn(ledger, calls),
  }
}

async function silentIn(ledger: Ledger, calls: readonly UnderWay[]): Promise<string[]> {
  const open = new Set(calls.flatMap((one) => (one.overAt === null ? [one.workerId] : [])))
  if (open.size === 0) return []
  return (await ledger.workers.list()).filter((one) => open.has(one.workerId)).map(({ name }) => name)
}

async function untilOver(
  ledger: Ledger,
  held: readonly RunRow[],
  { scope, epoch, until }: { readonly scope: string; readonly epoch: number; readonly until: number },
  clock: Clock,
): Promise<UnderWay[]> {
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
