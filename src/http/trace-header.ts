import type { TraceContext } from '../core/trace.js'

/** The caller's trace, as its headers name it; what is no traceparent is passed over further on. */
export function traceIn(headers: Headers): { readonly trace?: TraceContext } {
  const traceparent = headers.get('traceparent')
  const tracestate = headers.get('tracestate')
  return traceparent === null ? {} : { trace: { traceparent, ...(tracestate !== null && { tracestate }) } }
}
