import { chanceOf } from '../sessions/storm.js'

/** A worker is struck: ended, and replaced after so long, or stopped, and let go on after so long. */
export interface Strike {
  readonly what: 'SIGKILL' | 'SIGSTOP'
  readonly atMs: number
  /** Which of the workers; where it is down already, the next one that is not. */
  readonly worker: number
  readonly forMs: number
}

/** The database goes away and comes back. fast: it says goodbye to its clients · immediate: it recovers from its log. */
export interface Restart {
  readonly what: 'fast' | 'immediate'
  readonly atMs: number
}

/** Once in so long somebody is struck. */
export const EVERY_MS = 3_000
const STOPPED_MOST_MS = 9_000
const GONE_MOST_MS = 1_500

/** What is struck when: all of it follows from the seed. Two restarts, a third of the time apart, one of each kind. */
export function scheduleOf(p: {
  readonly seed: number
  readonly seconds: number
  readonly workers: number
}): readonly (Strike | Restart)[] {
  const chance = chanceOf(p.seed)
  const endMs = p.seconds * 1_000
  const strikes: Strike[] = []
  for (let atMs = EVERY_MS; atMs < endMs; atMs += EVERY_MS) {
    const what = chance() < 0.5 ? 'SIGKILL' : 'SIGSTOP'
    const most = what === 'SIGKILL' ? GONE_MOST_MS : STOPPED_MOST_MS
    strikes.push({ what, atMs, worker: Math.floor(chance() * p.workers), forMs: Math.round(chance() * most) })
  }
  const kinds = chance() < 0.5 ? (['fast', 'immediate'] as const) : (['immediate', 'fast'] as const)
  const restarts = kinds.map((what, i) => ({ what, atMs: Math.round((endMs * (i + 1 + chance() / 2)) / 3) }))
  return [...strikes, ...restarts].sort((a, b) => a.atMs - b.atMs)
}
