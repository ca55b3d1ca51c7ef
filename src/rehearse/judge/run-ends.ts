import type { RunFacts } from '../../core/invariants/facts.js'
import type { RunEnd } from '../verdict.js'

/** How one run stood at the end. */
export function runEndOf({ run, entries }: RunFacts): RunEnd {
  return {
    runId: run.runId,
    agent: run.agent,
    status: run.outcome,
    detail: run.detail,
    waits: run.state === 'waiting' ? run.waits : null,
    steps: run.meters.steps?.used ?? 0,
    attempts: entries.filter(({ kind }) => kind === 'begin').length,
    usdMicros: run.meters.usd?.used ?? 0,
    tookMs: run.endedAt === null ? null : run.endedAt - run.createdAt,
  }
}

/** A run that has not ended and will not go on by itself: it is held, or due and taken by nobody, or waits without a name. */
export function isStuck({ run }: RunFacts, now: number): boolean {
  // One that another run has taken in ends with that one.
  if (run.state === 'ended' || run.workedBy !== null) return false
  if (run.state !== 'waiting' || run.waits === null || run.waits === '') return true
  return run.dueAt === null || run.dueAt <= now
}
