import type { SdkHttpError } from '@modelcontextprotocol/client'
import { ToolFault } from '../fault.js'
import { Unreachable } from './connection.js'
import { NotSent, TOO_LATE } from './stdio-transport.js'

/** JSON-RPC errors that a server answers before it does anything: no JSON, no request, no such method, wrong arguments. */
const REFUSED_BEFORE: ReadonlySet<number> = new Set([-32_700, -32_600, -32_601, -32_602])
/** Statuses of an HTTP server that took no request in. */
const NOT_TAKEN: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 411, 413, 414, 415, 422, 431])
/** Faults of a connection that was never made. */
const NOT_REACHED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/**
 * What is known of a call that failed. A `ToolFault` where it surely did not act; everything else is given back as it is:
 * whether that acted nobody knows.
 */
export function knownFault(error: unknown): unknown {
  if (error instanceof ToolFault) return error
  const say = error instanceof Error ? error.message : String(error)
  if (error instanceof Unreachable)
    return new ToolFault('not_performed', 'mcp_unreachable', error.retryAfterMs, { say })
  if (error instanceof NotSent) return new ToolFault('not_performed', 'mcp_unreachable', null, { say })
  const { name, code, data } = (typeof error === 'object' && error !== null ? error : {}) as Partial<SdkHttpError>
  if (typeof code === 'number' && Number(code) === TOO_LATE) return new ToolFault('not_performed', 'too_late', null)
  if (typeof code === 'number' && REFUSED_BEFORE.has(code)) {
    return new ToolFault('permanent', 'mcp_refused', null, { say, cause: error })
  }
  const status = (data as { status?: unknown } | undefined)?.status
  if (name === 'SdkHttpError' && status === 429) return new ToolFault('not_performed', 'mcp_busy', null, { say })
  if (name === 'SdkHttpError' && NOT_TAKEN.has(Number(status))) {
    return new ToolFault('permanent', 'mcp_refused', null, { say, cause: error })
  }
  if (NOT_REACHED.has(causeCode(error))) return new ToolFault('not_performed', 'mcp_unreachable', null, { say })
  return error
}

/** True where a server says that it knows the session no more: it took the request not in, and wants a new session. */
export function isSessionOver(error: unknown): boolean {
  const { name, data } = (typeof error === 'object' && error !== null ? error : {}) as Partial<SdkHttpError>
  return name === 'SdkHttpError' && (data as { status?: unknown } | undefined)?.status === 404
}

function causeCode(error: unknown): unknown {
  for (let at = error, deep = 0; at instanceof Error && deep < 4; at = at.cause, deep += 1) {
    if ('code' in at && NOT_REACHED.has(at.code)) return at.code
  }
  return null
}
