import type { Redaction } from '../runtime/redact/redaction.js'
import type { Midwatch } from '../runtime.js'
import type { Authenticate } from './access/authenticate.js'
import type { Live } from './live/live.js'
import type { ApiLimits, ApiOptions } from './options.js'
import type { RateLimits } from './rate.js'
import type { UnderWay } from './under-way.js'

/** What a server knows of a request besides itself. */
export interface From {
  /** Of the client's end of the connection. */
  readonly address?: string
}

/** What all requests share. */
export interface Stage {
  readonly mw: Midwatch
  readonly options: ApiOptions
  readonly limits: ApiLimits
  /** Path under which the API is mounted. */
  readonly at: string
  readonly rates: RateLimits
  readonly underWay: UnderWay
  readonly authenticate: Authenticate
  /** What callers are shown, by their role. */
  readonly redaction: Redaction
  readonly live: Live
  /** Writes a fault of this side down, under the id of its request. */
  report(requestId: string, error: unknown): void
}
