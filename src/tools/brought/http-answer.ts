import { type Duration, durationMs } from '../../core/time.js'
import { fault, ToolFault } from '../fault.js'

/**
 * What an HTTP answer says of the act, cautiously: only what surely did not act is said not to have.
 *
 *   2xx                          performed; the body is the result
 *   a body { fault: … }          whatever the status: the server says itself what it knows
 *   header Midwatch-Acted: no    whatever the status: it did not act, and may be asked again
 *   429, 425                     it did not act (that is what these mean), after Retry-After
 *   other 4xx, but 408           it did not act and never will
 *   408, 3xx, 5xx                nothing is known: a write is in doubt, a read is tried again
 */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body; null for an empty one. */
  readonly text: string | null
}

/** Body by which a server says what it knows. `not_performed`: may be tried again · `permanent`: never will. */
interface FaultSaid {
  readonly fault: {
    readonly kind: 'not_performed' | 'permanent'
    readonly code: string
    readonly retryAfterMs?: number
  }
}

/** The result of a call, or a throw that says what is known. Anything thrown that is no ToolFault leaves a write in doubt. */
export function resultOf(answer: HttpAnswer, isRead: boolean): unknown {
  const { status, headers } = answer
  const body = bodyOf(answer)
  if (isFault(body)) throw saidFault(body)
  if (status >= 200 && status < 300) {
    if (body === UNREADABLE) throw new Error('The answer could not be read as JSON.')
    return body
  }
  const code = `http_${status}`
  const wait = retryAfter(headers)
  if (status === 429 || status === 425 || headers.get('midwatch-acted') === 'no' || (isRead && status === 503))
    throw fault.notPerformed(code, wait === null ? {} : { retryAfter: wait })
  if (status >= 400 && status < 500 && status !== 408) throw fault.permanent(code)
  throw new Error(`The server answered ${status}; nothing says whether it acted.`)
}

const UNREADABLE = Symbol('unreadable')

function bodyOf({ text }: HttpAnswer): unknown {
  if (text === null || text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return UNREADABLE
  }
}

function isFault(body: unknown): body is FaultSaid {
  const { kind, code } = ((body ?? {}) as Partial<FaultSaid>).fault ?? {}
  return (kind === 'not_performed' || kind === 'permanent') && typeof code === 'string'
}

function saidFault({ fault: { kind, code, retryAfterMs } }: FaultSaid): ToolFault {
  const wait = Number.isSafeInteger(retryAfterMs) && (retryAfterMs ?? -1) >= 0 ? (retryAfterMs ?? null) : null
  return new ToolFault(kind, code, wait)
}

/** Seconds, or a date; null where it is neither. */
function retryAfter(headers: Headers): Duration | null {
  const said = headers.get('retry-after')
  if (said === null) return null
  const ms = /^\d+$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - Date.now()
  if (!Number.isFinite(ms)) return null
  const wait: Duration = `${BigInt(Math.max(0, Math.round(ms)))}ms`
  durationMs(wait)
  return wait
}
