import type { EpochMs } from '../core/time.js'
import { retryAfterMs } from './retry-after.js'

/**
 * What went wrong with one call of a model.
 * auth: also an account without credit · malformed: the answer could not be read · aborted: our own side cut it.
 */
export const FAULT_ADVICE = {
  rate_limit: { retryable: true, fallback: true },
  transient: { retryable: true, fallback: true },
  timeout: { retryable: true, fallback: true },
  malformed: { retryable: true, fallback: true },
  content_filter: { retryable: false, fallback: true },
  context_length: { retryable: false, fallback: true },
  auth: { retryable: false, fallback: true },
  invalid_request: { retryable: false, fallback: true },
  aborted: { retryable: false, fallback: false },
} as const satisfies Record<string, { retryable: boolean; fallback: boolean }>
export type FaultClass = keyof typeof FAULT_ADVICE

export interface Fault {
  readonly class: FaultClass
  readonly message: string
  /** HTTP status, where there was one. */
  readonly status?: number
  /** What the provider asked us to wait. */
  readonly retryAfterMs?: number
  /**
   * The provider surely did no work: it refused the key or the rate, or was never reached. Anything else may be billed (a
   * filtered prompt and a server's error among them), so its usage is unknown.
   */
  readonly unbilled?: true
}

/** The fields that provider packages and Node put on their errors; all of them may be absent. */
interface Thrown {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly statusCode?: number
  readonly responseHeaders?: Readonly<Record<string, string | undefined>>
  readonly responseBody?: string
  readonly cause?: unknown
}

const CONTEXT =
  /context[_ ]length|maximum context|context window|prompt is too long|input token count|too many (input )?tokens|request_too_large/i
const FILTER = /content[_ -]?(filter|management|policy)|responsible ?ai|safety (system|filter)/i
const CREDIT = /insufficient_quota|credit balance|billing/i
const NETWORK = /^(E(CONN|PIPE|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH)|UND_ERR_(SOCKET|CLOSED|ABORTED))/
const CUT = /^(terminated|fetch failed|socket hang up)$/i
const TIMEOUTS = /^(ETIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)$/
const UNBILLED = new Set([401, 402, 403, 404, 429])
const UNREACHED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/
const UNREADABLE =
  /^(AI_(JSONParse|TypeValidation|InvalidResponseData|EmptyResponseBody|NoContentGenerated)Error|SyntaxError)$/
const UNSENDABLE = /^AI_(UnsupportedFunctionality|InvalidPrompt|InvalidArgument|NoSuchModel|TooManyEmbeddingValues)/

/** Reads whatever a provider threw (or sent as an error part of its stream) as a class with advice. Never throws. */
export function faultOf(error: unknown, now: () => EpochMs): Fault {
  const thrown = asThrown(error)
  const status = thrown.statusCode
  const wait = retryAfterMs(thrown.responseHeaders, now)
  return {
    class: classOf(thrown),
    message: messageOf(thrown, error),
    ...(status === undefined ? {} : { status }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(isUnbilled(thrown) && { unbilled: true as const }),
  }
}

/** An aborted call is a timeout when its signal says so, else cut by our own side. */
export function abortFault(signal: AbortSignal): Fault {
  const reason = asThrown(signal.reason)
  if (reason.name === 'TimeoutError') return { class: 'timeout', message: 'The model did not answer in time.' }
  return { class: 'aborted', message: messageOf(reason, 'The call was aborted.') }
}

function classOf(thrown: Thrown): FaultClass {
  const status = thrown.statusCode
  if (status === undefined || (status >= 200 && status < 300)) return classOfCause(thrown)
  const said = `${thrown.responseBody ?? ''} ${thrown.message ?? ''}`
  if (status === 401 || status === 402 || status === 403 || (status === 429 && CREDIT.test(said))) return 'auth'
  if (status === 429) return 'rate_limit'
  if (status === 408) return 'timeout'
  if (status >= 500 || status === 409 || status === 425) return 'transient'
  if (status === 413 || CONTEXT.test(said)) return 'context_length'
  return FILTER.test(said) ? 'content_filter' : 'invalid_request'
}

/** Without a telling status: by the first cause in the chain that says what it is; a 2xx that failed could not be read. */
function classOfCause(thrown: Thrown): FaultClass {
  for (const link of chain(thrown)) {
    const code = typeof link.code === 'string' ? link.code : ''
    const name = link.name ?? ''
    if (TIMEOUTS.test(code) || name === 'TimeoutError') return 'timeout'
    if (NETWORK.test(code)) return 'transient'
    if (UNREADABLE.test(name)) return 'malformed'
    if (UNSENDABLE.test(name)) return 'invalid_request'
    if (name === 'AI_LoadAPIKeyError') return 'auth'
  }
  if ([...chain(thrown)].some((link) => CUT.test(link.message ?? ''))) return 'transient'
  if (thrown.statusCode !== undefined) return 'malformed'
  return classOfWords(thrown)
}

/** Error parts of a stream are often bare JSON: `{ message, type, code }`. */
function classOfWords(thrown: Thrown): FaultClass {
  const said = `${thrown.message ?? ''} ${String(thrown.code ?? '')}`
  if (/rate.?limit|too many requests/i.test(said)) return CREDIT.test(said) ? 'auth' : 'rate_limit'
  if (CONTEXT.test(said)) return 'context_length'
  return FILTER.test(said) ? 'content_filter' : 'transient'
}

function isUnbilled(thrown: Thrown): boolean {
  if (thrown.statusCode !== undefined) return UNBILLED.has(thrown.statusCode)
  return [...chain(thrown)].some((link) => typeof link.code === 'string' && UNREACHED.test(link.code))
}

function* chain(thrown: Thrown): Generator<Thrown> {
  const seen = new Set<unknown>()
  for (let link = thrown; !seen.has(link); link = asThrown(link.cause)) {
    seen.add(link)
    yield link
    if (link.cause === undefined || link.cause === null) return
  }
}

function asThrown(error: unknown): Thrown {
  return typeof error === 'object' && error !== null ? (error as Thrown) : { message: String(error) }
}

function messageOf(thrown: Thrown, error: unknown): string {
  const text = typeof thrown.message === 'string' && thrown.message !== '' ? thrown.message : String(error)
  return text.slice(0, 500)
}
