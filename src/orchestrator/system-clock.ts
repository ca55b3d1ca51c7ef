import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/time.js'

/** Longest delay a timer of Node takes, ms. */
const LONGEST_MS = 2_147_483_647

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    delay(Math.min(Math.max(0, ms), LONGEST_MS), undefined, signal ? { signal, ref: true } : {}).catch(() => undefined),
  timer: (ms, ring) => {
    const timer = setTimeout(ring, Math.min(Math.max(0, ms), LONGEST_MS))
    return () => clearTimeout(timer)
  },
  soon: (call) => void setImmediate(call),
}
