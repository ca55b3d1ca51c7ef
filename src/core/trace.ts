import { sha256 } from './digest.js'

/** W3C trace context, as it stands in headers: where in somebody's trace the work was asked for. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string
}

/** A traceparent taken apart. */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  /** Bit 0: the caller records this trace. */
  readonly flags: number
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
/** What W3C lets a tracestate be at most; a longer one is left out whole. */
const TRACESTATE_CHARS = 512
const PRINTABLE = /^[\x20-\x7e]+$/
const NOTHING = /^0+$/

/** null for anything that is no traceparent: W3C has it passed over, as if none had come. */
export function parseTraceparent(text: string): TraceParent | null {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(text) ?? []
  if (traceId === '' || NOTHING.test(traceId) || NOTHING.test(spanId)) return null
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

export function formatTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, '0')}`
}

/** What may be admitted with a run: checked, cut down to what is known, or nothing. */
export function traceContextOf(given: TraceContext | undefined): TraceContext | undefined {
  const parsed = given === undefined ? null : parseTraceparent(given.traceparent)
  if (parsed === null) return undefined
  const state = given?.tracestate
  const isState = state !== undefined && state.length <= TRACESTATE_CHARS && PRINTABLE.test(state)
  return { traceparent: formatTraceparent(parsed), ...(isState && { tracestate: state }) }
}

/** The trace of a run that nobody's trace was admitted with: the same in every process that works it. */
export function derivedTraceId(rootRunId: string): string {
  return sha256(`trace|${rootRunId}`).slice(0, 32)
}

/** The span of a part of a run, named by what stays the same in every process: a fence, a step. */
export function derivedSpanId(runId: string, part: string | number): string {
  return sha256(`span|${runId}|${part}`).slice(0, 16)
}
