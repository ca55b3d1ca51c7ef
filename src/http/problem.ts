import { ERROR_CODES, type ErrorCode, MidwatchError } from '../core/errors.js'
import { type ProblemCode, STATUSES } from './statuses.js'

/** Of one part of a request that does not fit: where it stands, and what is wrong with it. */
export interface Misfit {
  readonly at: string
  readonly says: string
}

/** What is told besides code and words. */
export interface ProblemMore {
  readonly misfits?: readonly Misfit[]
  /** When the same request may be sent again, s. */
  readonly retryAfterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A "no" of the API, as RFC 9457 has it. Its code is one of the catalogue, and decides its status. */
export class Problem {
  readonly status: number

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly more: ProblemMore = {},
  ) {
    this.status = STATUSES[code]
  }

  /** `at`: path under which the API stands. `requestId`: by which its log knows the request. */
  response(at: string, requestId: string): Response {
    const { code, detail, status, more } = this
    const { retryable } = ERROR_CODES[code]
    const body = {
      type: `${at}/errors/${code}`,
      title: titleOf(code),
      status,
      detail,
      code,
      retryable,
      requestId,
      ...(more.misfits && { misfits: more.misfits }),
    }
    return new Response(JSON.stringify(body), { status, headers: this.#headers(retryable) })
  }

  /** SDKs of clients send 409 again of themselves: a refusal says that it will stay one. */
  #headers(retryable: boolean): Record<string, string> {
    const { retryAfterSeconds = retryable && this.status >= 429 ? 1 : null, headers } = this.more
    return {
      'content-type': 'application/problem+json',
      'x-should-retry': String(retryable),
      ...(retryAfterSeconds !== null && { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
    }
  }
}

export function problem(code: ErrorCode, detail: string, more?: ProblemMore): Problem {
  return new Problem(isProblemCode(code) ? code : 'internal_error', detail, more)
}

/** What is told of an error: its own words where a request can bring it about, else nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof MidwatchError) || !isProblemCode(error.code)) {
    return problem('internal_error', 'Something went wrong on this side; it is in the log under this request id.')
  }
  const { retryAfterMs } = error
  const more = retryAfterMs === null ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) }
  // Known not to have been accepted: who sent it is told why, and when to come again.
  if (STATUSES[error.code] < 500 || error.code === 'overloaded') return problem(error.code, error.message, more)
  return problem(error.code, AWAY, { retryAfterSeconds: 2 })
}

const AWAY =
  'The ledger cannot be asked now. What was sent may or may not have been accepted: send it again, under the same Idempotency-Key.'

const isProblemCode = (code: ErrorCode): code is ProblemCode => Object.hasOwn(STATUSES, code)

/** `start_conflict` is a "Start conflict". */
function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
