import type { Seat } from './seat.js'

/** Where a wrapped model or tool finds the run that a call of it belongs to. */
export interface Place {
  sit(): Promise<Sitting>
}

export interface Sitting {
  readonly seat: Seat
  /**
   * The call is over: a run that is this call's alone ends with it. `isFinal`: the model answered and wants nothing done, as
   * far as can be told the last word of its loop.
   */
  rise(call: { readonly error?: unknown; readonly isFinal?: boolean; readonly said?: string }): Promise<void>
}

/** A call within its run, whatever becomes of it. */
export async function seated<T>(place: Place, work: (seat: Seat) => Promise<T>): Promise<T> {
  const { seat, rise } = await place.sit()
  try {
    const result = await work(seat)
    await rise({})
    return result
  } catch (error) {
    await rise({ error })
    throw error
  }
}

/** The loop hears at once that it gave up; the attempt is settled by itself. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const cut = () => reject(signal.reason)
    signal.addEventListener('abort', cut, { once: true })
    if (signal.aborted) cut()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cut))
  })
}
