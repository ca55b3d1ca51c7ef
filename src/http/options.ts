import { LIMITS } from '../core/limits.js'
import type { Access } from './access/authenticate.js'
import type { Webhooks } from './live/webhooks.js'

/** How much one caller may ask. */
export interface ApiLimits {
  /** Longest body of a request. */
  readonly bodyBytes: number
  /** Deepest nesting of a body. */
  readonly bodyDepth: number
  /** How long a request may take, streams apart. */
  readonly deadlineMs: number
  /** Requests under way at once in this process, streams apart. */
  readonly requestsAtOnce: number
  /** Streams open at once in this process. */
  readonly streamsAtOnce: number
  /** Requests of one token, or where there is none of one address, in a minute. */
  readonly requestsPerMinute: number
  /** Requests of one address in a minute that name no good token. */
  readonly strangersPerMinute: number
}

export const DEFAULT_LIMITS: ApiLimits = {
  bodyBytes: LIMITS.body_bytes,
  bodyDepth: 64,
  deadlineMs: 30_000,
  requestsAtOnce: 500,
  streamsAtOnce: 2_000,
  requestsPerMinute: 6_000,
  strangersPerMinute: 60,
}

export interface ApiOptions {
  /** `tokens` (default); `open`: everybody is admin, only for a server on loopback; a function: the host's own authentication, null refuses. */
  readonly access?: Access
  /** Text for `/metrics`; default the runtime's own, where it has one. Without any there is no such route. */
  readonly metrics?: () => Promise<string>
  /** Path under which the API is mounted, such as `/api/midwatch`; default none. */
  readonly basePath?: string
  /** Origins whose pages may call this API from a browser, such as `https://desk.example.com`; default none. */
  readonly origins?: readonly string[]
  readonly limits?: Partial<ApiLimits>
  /** What comes in from outside, signed: `POST /v1/webhooks/{name}`. */
  readonly webhooks?: Webhooks
  /** Told of faults of this side, with the id of their request; default a line to stderr. */
  readonly log?: (line: string) => void
}

/** What the composer adds to the options of the runtime. */
export interface WithHttp {
  /** The HTTP API, which `fetch` answers. */
  readonly http?: ApiOptions
}
