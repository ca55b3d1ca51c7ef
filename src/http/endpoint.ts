import type { z } from 'zod'
import type { Caller, Role } from '../core/access.js'
import type { ErrorCode } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import type { Redaction } from '../runtime/redact/redaction.js'
import type { Midwatch } from '../runtime.js'
import type { Live } from './live/live.js'
import type { ApiOptions } from './options.js'
import type { Problem } from './problem.js'

/** Anything that reads a part of a request or describes an answer. */
export type Shape = z.ZodType

/** A request that is understood: who asks, and for what. */
export interface Asked<P, Q, B> {
  readonly caller: Caller
  readonly mw: Midwatch
  readonly ledger: Ledger
  readonly params: P
  readonly query: Q
  readonly body: B
  /** `Idempotency-Key`, checked; null without one. */
  readonly key: string | null
  readonly request: Request
  readonly options: ApiOptions
  /** What the caller is shown of runs goes through it. */
  readonly redaction: Redaction
  readonly live: Live
}

/** What an endpoint answers: the body, and a status other than its first. */
export interface Reply {
  readonly body: unknown
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly says: string
  /** Absent where the body is no JSON. */
  readonly shape?: Shape
  readonly type?: string
  readonly example?: unknown
}

/** One route: what it takes, what it answers, who may ask, and what it does. Read by the app, and told in the OpenAPI document. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** With parameters in braces: `/v1/runs/{run}`. */
  readonly path: string
  readonly tag: string
  readonly says: string
  /** The least role; null for everybody, unknown callers too. */
  readonly role: Role | null
  readonly params: Shape
  readonly query: Shape
  /** null where the route takes none. */
  readonly body: Shape | null
  /** An example of the body. */
  readonly example?: unknown
  /** Whether `Idempotency-Key` is read, and whether it must be there. */
  readonly key?: 'may' | 'must'
  /** The body's bytes as they came, whatever they are: a signature is of these. */
  readonly isRaw?: boolean
  /** A stream is not cut at the deadline of requests. */
  readonly isStream?: boolean
  /** By status, the usual one first. */
  readonly answers: Readonly<Record<number, Answer>>
  /** Codes beyond those that every route can answer. */
  readonly refusals: readonly ErrorCode[]
  // biome-ignore lint/suspicious/noExplicitAny: `endpoint` checks it against the shapes
  readonly act: (asked: Asked<any, any, any>) => Promise<Reply | Response | Problem>
}

/** Types what an endpoint does by the shapes that it names. */
export function endpoint<P extends Shape, Q extends Shape, B extends Shape | null>(
  p: Omit<Endpoint, 'act'> & {
    readonly params: P
    readonly query: Q
    readonly body: B
    readonly act: (
      asked: Asked<z.output<P>, z.output<Q>, B extends Shape ? z.output<B> : undefined>,
    ) => Promise<Reply | Response | Problem>
  },
): Endpoint {
  return p
}
