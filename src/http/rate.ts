import type { ApiLimits } from './options.js'
import { type Problem, problem } from './problem.js'

/** Callers that are remembered; the one that was silent longest is forgotten first. */
const REMEMBERED = 10_000
const MINUTE_MS = 60_000

/** A bucket that fills again evenly: a caller may spend a minute's worth at once. */
interface Bucket {
  left: number
  at: number
}

/** What each caller has asked of late, in this process. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>()

  constructor(
    private readonly limits: Pick<ApiLimits, 'requestsPerMinute' | 'strangersPerMinute'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Counts a request of somebody known; a problem when it is one too many. */
  known(who: string): Problem | null {
    return this.#take(`k:${who}`, this.limits.requestsPerMinute)
  }

  /** Counts a request of nobody known; a problem when its address has sent too many of those. */
  stranger(address: string): Problem | null {
    return this.#take(`s:${address}`, this.limits.strangersPerMinute)
  }

  #take(key: string, perMinute: number): Problem | null {
    const bucket = this.#bucket(key, perMinute)
    if (bucket.left < 1) return tooMany(bucket, perMinute)
    bucket.left -= 1
    return null
  }

  #bucket(key: string, perMinute: number): Bucket {
    const now = this.now()
    const known = this.#buckets.get(key)
    const left = known ? Math.min(perMinute, known.left + ((now - known.at) * perMinute) / MINUTE_MS) : perMinute
    const bucket = { left, at: now }
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > REMEMBERED) this.#buckets.delete(String(this.#buckets.keys().next().value))
    return bucket
  }
}

function tooMany({ left }: Bucket, perMinute: number): Problem {
  const retryAfterSeconds = Math.max(1, Math.ceil(((1 - left) * 60) / perMinute))
  return problem('rate_limited', `More than ${perMinute} requests a minute.`, { retryAfterSeconds })
}
