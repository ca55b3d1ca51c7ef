import type { Clock } from '../../core/time.js'
import { ToolFault } from '../../tools/fault.js'

/** What people write first: three tries, and a pause that doubles. */
const TRIES = 3
const PAUSE_MS = 200

/**
 * Tries until something comes back. A failure that will stay one (a declined payment) is not tried again; whatever else went
 * wrong is taken for "it did not happen", and that is where the money goes.
 */
export async function withRetry<T>(
  clock: Clock,
  timeoutMs: number,
  act: (signal: AbortSignal, attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withinTime(clock, timeoutMs, (signal) => act(signal, attempt))
    } catch (error) {
      const final = error instanceof ToolFault && error.kind === 'permanent'
      if (final || attempt >= TRIES) throw error
      await clock.sleep(PAUSE_MS * 2 ** (attempt - 1))
    }
  }
}

/** Gives up on the answer at the timeout, whether or not `act` heeds its signal. */
function withinTime<T>(clock: Clock, timeoutMs: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const late = new DOMException('timeout', 'TimeoutError')
    const quiet = clock.timer(timeoutMs, () => {
      reject(late)
      stop.abort(late)
    })
    act(stop.signal).then(resolve, reject).finally(quiet)
  })
}
