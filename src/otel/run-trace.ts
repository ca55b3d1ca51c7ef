import { type Context, createTraceState } from '@opentelemetry/api'
import { FENCES_PER_INCARNATION } from '../core/fence.js'
import type { ObservedRun } from '../core/observed.js'
import { derivedSpanId, derivedTraceId, parseTraceparent, type TraceContext } from '../core/trace.js'
import { type Ids, remoteParent, type SpanMaker } from './span-maker.js'

/** Which claim of the run this is, from 1. */
export const stretchOf = ({ fence }: Pick<ObservedRun, 'fence'>): number => fence % FENCES_PER_INCARNATION

export const rootOf = ({ runId, ancestors }: Pick<ObservedRun, 'runId' | 'ancestors'>): string => ancestors[0] ?? runId

/** The trace that a run belongs to: the caller's, else one that is made of the topmost run's id. */
export function traceIdOf(run: Pick<ObservedRun, 'runId' | 'ancestors'>, admitted: TraceContext | undefined): string {
  const caller = admitted && parseTraceparent(admitted.traceparent)
  return caller ? caller.traceId : derivedTraceId(rootOf(run))
}

/** Ids of the span of a stretch. */
export function stretchIds(run: ObservedRun, admitted: TraceContext | undefined, fence = run.fence): Ids {
  return { traceId: traceIdOf(run, admitted), spanId: derivedSpanId(run.runId, fence) }
}

/** Ids of the span of a call that a step makes. */
export function callIds(runId: string, step: string, traceId: string): Ids {
  return { traceId, spanId: derivedSpanId(runId, `call|${step}`) }
}

/** What a stretch hangs below: the call that made its run, else the caller's span; null where it is the first of its trace. */
export function aboveStretch(run: ObservedRun, admitted: TraceContext | undefined, maker: SpanMaker): Context | null {
  const caller = admitted && parseTraceparent(admitted.traceparent)
  const { parent } = run
  if (parent) {
    const { traceId, spanId } = callIds(parent.runId, parent.step, traceIdOf(run, admitted))
    const first = { traceId, spanId: derivedSpanId(rootOf(run), 1) }
    return remoteParent({ traceId, spanId, traceFlags: caller ? caller.flags : maker.flagsOf(first) })
  }
  if (!caller) return null
  const { traceId, spanId, flags } = caller
  const state = admitted.tracestate
  return remoteParent({ traceId, spanId, traceFlags: flags, ...(state && { traceState: createTraceState(state) }) })
}
