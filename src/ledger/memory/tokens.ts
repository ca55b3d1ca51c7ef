import { LIMITS } from '../../core/limits.js'
import type { EpochMs } from '../../core/time.js'
import type { TokenRow, Tokens } from '../../core/tokens.js'

type Row = { -readonly [K in keyof TokenRow]: TokenRow[K] }

/** Tokens by the digest of what they are. */
export class TokenTable {
  readonly byHash = new Map<string, Row>()

  get rows(): Row[] {
    return [...this.byHash.values()]
  }
}

export function tokensOf(table: TokenTable, now: () => EpochMs): Tokens {
  return {
    create: async ({ hash, by, tenants, ...given }) => {
      if (table.rows.some(({ name }) => name === given.name)) return { code: 'name_taken' }
      const none = { revokedAt: null, revokedBy: null, lastUsedAt: null }
      const row = { ...given, tenants: tenants && [...tenants], createdAt: now(), createdBy: by, ...none }
      table.byHash.set(hash, row)
      return { code: 'ok', token: { ...row } }
    },
    find: async ({ hash }) => {
      const row = table.byHash.get(hash)
      return row ? { token: { ...row }, at: now() } : null
    },
    revoke: async ({ token, by }) => {
      const { rows } = table
      const row = rows.find(({ id }) => id === token) ?? rows.find(({ name }) => name === token)
      if (!row) return { code: 'unknown' }
      if (row.revokedAt !== null) return { code: 'unchanged' }
      Object.assign(row, { revokedAt: now(), revokedBy: by })
      return { code: 'ok' }
    },
    used: async ({ id }) => {
      const row = table.rows.find((one) => one.id === id)
      if (row && (row.lastUsedAt ?? Number.NEGATIVE_INFINITY) <= now() - LIMITS.token_used_ms) row.lastUsedAt = now()
    },
    list: async () => table.rows.map((row) => ({ ...row })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
