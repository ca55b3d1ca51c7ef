import type { Role } from './access.js'
import type { EpochMs } from './time.js'

/** A token as it is kept: never what it is, only what it may. */
export interface TokenRow {
  readonly id: string
  /** Unique, those of revoked tokens included. */
  readonly name: string
  readonly role: Role
  /** null: every tenant. */
  readonly tenants: readonly string[] | null
  readonly createdAt: EpochMs
  readonly createdBy: string
  /** null: never. */
  readonly expiresAt: EpochMs | null
  readonly revokedAt: EpochMs | null
  readonly revokedBy: string | null
  /** Right to a minute. */
  readonly lastUsedAt: EpochMs | null
}

/** Tokens of the HTTP API: what they are is shown once, and only its SHA-256 kept. */
export interface Tokens {
  /** `hash`: SHA-256 of the whole token, hex. A name is given once, also after its token was revoked. */
  create(p: {
    readonly id: string
    readonly hash: string
    readonly name: string
    readonly role: Role
    readonly tenants: readonly string[] | null
    readonly by: string
    readonly expiresAt: EpochMs | null
  }): Promise<{ readonly code: 'ok'; readonly token: TokenRow } | { readonly code: 'name_taken' }>
  /** Revoked and expired ones too: whether it is good at `at`, the ledger's time, is for `isGood` to say. */
  find(p: { readonly hash: string }): Promise<{ readonly token: TokenRow; readonly at: EpochMs } | null>
  /** By id or name, for good. `unchanged`: it was revoked before. */
  revoke(p: { readonly token: string; readonly by: string }): Promise<{ readonly code: 'ok' | 'unknown' | 'unchanged' }>
  /** It was used now; written at most once in `token_used_ms`. */
  used(p: { readonly id: string }): Promise<void>
  /** By name. */
  list(): Promise<TokenRow[]>
}

export const isGood = (token: TokenRow, at: EpochMs): boolean =>
  token.revokedAt === null && (token.expiresAt === null || at < token.expiresAt)
