import { randomBytes, randomInt } from 'node:crypto'
import { v7 } from 'uuid'

/** Ids and randomness as a port, so that a seed can stand in. */
export interface Entropy {
  /** UUID, version 7. */
  runId(): string
  /** 11 characters, 64 bits: the salt of an entry's body. */
  salt(): string
  /** In [0, 1). */
  random(): number
}

const POOL_BYTES = 8_192
let pool = Buffer.alloc(0)
let taken = 0

/** Salts are taken from a pool: one system call for a thousand of them. */
function saltFromPool(): string {
  if (taken + 8 > pool.length) {
    pool = randomBytes(POOL_BYTES)
    taken = 0
  }
  taken += 8
  return pool.toString('base64url', taken - 8, taken)
}

export const systemEntropy: Entropy = {
  runId: () => v7(),
  salt: saltFromPool,
  random: () => randomInt(0, 2 ** 32) / 2 ** 32,
}
