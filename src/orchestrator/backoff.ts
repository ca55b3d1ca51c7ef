import { sha256 } from '../core/digest.js'
import { backoffMs } from '../models/fallback.js'
import type { StepRecord } from './journal.js'

/** In [0, 1), the same whenever the same run asks again: jitter must not change in replay. */
export function steadyChance(seed: string): number {
  return Number.parseInt(sha256(seed).slice(0, 12), 16) / 2 ** 48
}

/** Faults of this side: the worker was late, or a kill aborted the attempt. */
const OURS: ReadonlySet<string> = new Set(['too_late', 'aborted'])

export function isOurs(code: string): boolean {
  return OURS.has(code)
}

/** Attempts that count against the tool: not those lost with their worker, nor those that failed on this side. */
export function counted(record: StepRecord): number {
  return record.intents.filter((i) => !i.lost && !isOurs(i.settled?.body.fault?.code ?? '')).length
}

/** When the next attempt may be made; 0: at once. */
export function backoffUntil(runId: string, record: StepRecord): number {
  const last = record.intents.at(-1)
  const fault = last?.settled?.body.fault
  if (!last?.settled || !fault || last.lost) return 0
  const chance = steadyChance(`${runId}|${record.id}|${last.attempt}`)
  return last.settled.at + backoffMs(Math.max(1, counted(record)), chance, fault.retryAfterMs)
}
