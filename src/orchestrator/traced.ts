import type { RunRow } from '../core/run-row.js'
import type { TraceContext } from '../core/trace.js'
import type { Engine } from './engine.js'
import type { Kin } from './kin.js'

/** An activation, as far as its trace is concerned. */
interface Traced {
  readonly engine: Pick<Engine, 'observers'>
  readonly run: RunRow
  readonly kin: Kin
}

/** What an attempt passes on: its own span, or the caller's trace where nobody makes spans. */
export function traceOf({ engine, run, kin }: Traced, seq: number): TraceContext | undefined {
  return engine.observers.tracing?.contextOf(run.runId, seq) ?? kin.trace
}

/** Does the work of an attempt inside of its span. */
export function inSpan<T>({ engine, run }: Traced, seq: number, work: () => T): T {
  const { tracing } = engine.observers
  return tracing === null ? work() : tracing.within(run.runId, seq, work)
}
