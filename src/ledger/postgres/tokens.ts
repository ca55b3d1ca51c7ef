import { LIMITS } from '../../core/limits.js'
import type { TokenRow, Tokens } from '../../core/tokens.js'
import type { Database, Row } from './pool.js'

const COLUMNS = `id, name, role, tenants, created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt",
  revoked_at as "revokedAt", revoked_by as "revokedBy", last_used_at as "lastUsedAt"`

const CREATE = `insert into midwatch.token (id, hash, name, role, tenants, created_at, created_by, expires_at)
  values ($1, decode($2, 'hex'), $3, $4, $5, midwatch.clock_ms(), $6, $7)
  on conflict (name) do nothing returning ${COLUMNS}`

const USED = `update midwatch.token t set last_used_at = c.at from (select midwatch.clock_ms() as at) c
  where t.id = $1 and (t.last_used_at is null or t.last_used_at <= c.at - $2)`

export function tokensOf(database: Database): Tokens {
  return {
    create: async ({ id, hash, name, role, tenants, by, expiresAt }) => {
      const given = [id, hash, name, role, tenants && [...tenants], by, expiresAt]
      const [row] = await database.rows(CREATE, given)
      return row ? { code: 'ok', token: tokenOf(row) } : { code: 'name_taken' }
    },
    find: async ({ hash }) => {
      const found = `select ${COLUMNS}, midwatch.clock_ms() as at from midwatch.token where hash = decode($1, 'hex')`
      const [row] = await database.rows(found, [hash])
      if (!row) return null
      const { at, ...token } = row
      return { token: tokenOf(token), at: Number(at) }
    },
    revoke: async ({ token, by }) => {
      const { code } = await database.row('select midwatch.revoke_token($1, $2) as code', [token, by])
      return { code: code as 'ok' | 'unknown' | 'unchanged' }
    },
    used: async ({ id }) => {
      await database.rows(USED, [id, LIMITS.token_used_ms])
    },
    list: async () => (await database.rows(`select ${COLUMNS} from midwatch.token order by name`)).map(tokenOf),
  }
}

const tokenOf = (row: Row): TokenRow => row as unknown as TokenRow
