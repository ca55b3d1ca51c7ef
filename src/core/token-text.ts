import { randomBytes } from 'node:crypto'
import { sha256 } from './digest.js'

/** `mw_` and 32 random bytes as base64url: the prefix lets secret scanners find one that leaked. */
const SHAPE = /^mw_[A-Za-z0-9_-]{43}$/
const BYTES = 32

export const newTokenText = (): string => `mw_${randomBytes(BYTES).toString('base64url')}`

/** The digest that it is kept and found by; null for what no token can be. */
export const tokenHash = (text: string): string | null => (SHAPE.test(text) ? sha256(text) : null)
