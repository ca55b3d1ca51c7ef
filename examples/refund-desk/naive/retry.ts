import { setTimeout as sleep } from 'node:timers/promises'
import { ActFault } from '../acts/desk.js'

/** How often, how long, and how long between. */
export interface RetryOptions {
  readonly attempts: number
  readonly timeoutMs: number
  readonly backoffMs: number
}

/** What people write first: three tries, two seconds each, a pause that doubles. */
export const FIRST_RETRY: RetryOptions = { attempts: 3, timeoutMs: 2_000, backoffMs: 200 }

/**
 * Tries until something comes back. A failure that will stay one (a declined payment) is not tried again; whatever else went
 * wrong is taken for "it did not happen", and that is where the money goes.
 */
export async function withRetry<T>(act: (signal: AbortSignal) => Promise<T>, options = FIRST_RETRY): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withinTime(act, options.timeoutMs)
    } catch (error) {
      const final = error instanceof ActFault && error.kind === 'permanent'
      if (final || attempt >= options.attempts) throw error
      await sleep(options.backoffMs * 2 ** (attempt - 1))
    }
  }
}

/** Gives up on the answer at the timeout, whether or not `act` heeds its signal. */
async function withinTime<T>(act: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const stop = new AbortController()
  const alarm = sleep(timeoutMs, undefined, { signal: stop.signal }).then(() => {
    stop.abort()
    throw new Error('timeout')
  })
  alarm.catch(() => undefined)
  try {
    return await Promise.race([act(stop.signal), alarm])
  } finally {
    stop.abort()
  }
}
