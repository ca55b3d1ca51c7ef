import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'
import { formatTraceparent, type TraceContext } from '../core/trace.js'

/** A span as headers name it; undefined for none. */
export function headersOf(context: SpanContext): TraceContext | undefined {
  if (!isSpanContextValid(context)) return undefined
  const { traceId, spanId, traceFlags, traceState } = context
  const state = traceState?.serialize() ?? ''
  return {
    traceparent: formatTraceparent({ traceId, spanId, flags: traceFlags }),
    ...(state !== '' && { tracestate: state }),
  }
}
