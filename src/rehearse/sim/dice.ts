import type { Chance } from '../chance.js'

/** Quick numbers one after another, for what has no name of its own: latencies, salts. */
export interface Dice {
  /** In [0, 1). */
  next(): number
  /** A whole number, `least` to `most` inclusive. */
  between(least: number, most: number): number
  /** Eight hex digits. */
  hex(): string
}

/** Mulberry32 from a chance: the same row for the same purpose. */
export function diceOf(chance: Chance, purpose: string): Dice {
  let state = Math.floor(chance.of(purpose) * 2 ** 32) | 0
  const word = () => {
    state = (state + 0x6d2b79f5) | 0
    let hash = Math.imul(state ^ (state >>> 15), 1 | state)
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash
    return (hash ^ (hash >>> 14)) >>> 0
  }
  const next = () => word() / 2 ** 32
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    hex: () => word().toString(16).padStart(8, '0'),
  }
}
