import type { Clock, EpochMs } from '../core/time.js'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on by `ms`; wakes sleepers in order of their time, each at its time, those included that fall asleep meanwhile. */
  advance(ms: number): Promise<void>
  /** Moves the wall time alone, as an operator or NTP does. Monotonic time and sleepers do not notice. */
  setWall(now: EpochMs): void
  /** How many are asleep. */
  readonly sleepers: number
}

interface Sleeper {
  readonly at: number
  wake(): void
}

/** Starts at `now` (default 2025-01-01T00:00:00Z); monotonic time starts at 0. */
export function manualClock(now: EpochMs = Date.UTC(2025, 0, 1)): ManualClock {
  let elapsed = 0
  let wallOffset = now
  const asleep = new Set<Sleeper>()

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (ms <= 0 || signal?.aborted) return resolve()
      const sleeper: Sleeper = { at: elapsed + ms, wake: resolve }
      const end = () => {
        asleep.delete(sleeper)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      asleep.add(Object.assign(sleeper, { wake: end }))
      signal?.addEventListener('abort', end, { once: true })
    })

  const advance = async (ms: number) => {
    const until = elapsed + ms
    await settled()
    for (let next = earliest(asleep, until); next; next = earliest(asleep, until)) {
      elapsed = next.at
      next.wake()
      await settled()
    }
    elapsed = until
  }

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    sleep,
    timer: (ms, ring) => {
      const stop = new AbortController()
      void sleep(ms, stop.signal).then(() => {
        if (!stop.signal.aborted) ring()
      })
      return () => stop.abort()
    },
    soon: (call) => void setImmediate(call),
    advance,
    setWall: (wall) => {
      wallOffset = wall - elapsed
    },
    get sleepers() {
      return asleep.size
    },
  }
}

/** A set keeps the order of falling asleep, which decides between equals. */
function earliest(asleep: ReadonlySet<Sleeper>, until: number): Sleeper | undefined {
  let first: Sleeper | undefined
  for (const sleeper of asleep) if (sleeper.at <= until && (!first || sleeper.at < first.at)) first = sleeper
  return first
}

/** Lets everything run that was woken, down to its next real wait. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
