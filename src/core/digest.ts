import { createHmac, hash } from 'node:crypto'
import { canonical } from './json.js'

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(text: string | Buffer): string {
  return hash('sha256', text, 'hex')
}

/** HMAC-SHA-256 as hex: effect keys are stored so, for they may hold a customer's data. */
export function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}

/** Digest of wire arguments: the canonical JSON of what was proposed, never of what a schema made of it. */
export function argsDigest(wire: unknown): string {
  return sha256(canonical(wire))
}
