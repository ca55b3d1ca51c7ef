import type { Role } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import { systemEntropy } from '../core/ids.js'
import { LIMITS } from '../core/limits.js'
import { newTokenText, tokenHash } from '../core/token-text.js'
import type { TokenRow, Tokens } from '../core/tokens.js'

/** What a token shall be. */
export interface TokenWish {
  readonly name: string
  readonly role: Role
  /** null: every tenant. */
  readonly tenants: readonly string[] | null
  /** null: it does not expire. */
  readonly expiresInMs: number | null
  readonly by: string
}

/** It names who did something in journals and tables: one short word. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * Makes a token. `text` is what a client sends, and is never seen again. Throws `invalid_input`, `token_name_taken`, and
 * `ledger_refused` for a role of the database that may make none.
 */
export async function makeToken(
  ledger: { readonly tokens: Tokens; now(): Promise<number> },
  wish: TokenWish,
): Promise<{ readonly text: string; readonly token: TokenRow }> {
  const fault = faultIn(wish)
  if (fault !== null) throw new MidwatchError('invalid_input', fault)
  const { expiresInMs, tenants, ...rest } = wish
  const text = newTokenText()
  const made = await ledger.tokens.create({
    ...rest,
    id: systemEntropy.runId(),
    hash: String(tokenHash(text)),
    tenants: tenants && [...new Set(tenants)].sort(),
    expiresAt: expiresInMs === null ? null : (await ledger.now()) + expiresInMs,
  })
  if (made.code === 'ok') return { text, token: made.token }
  throw new MidwatchError(
    'token_name_taken',
    `There was a token '${wish.name}' before. A name is given once, so that what was done under it can be told for good: take another.`,
  )
}

function faultIn({ name, tenants, expiresInMs }: TokenWish): string | null {
  if (!NAME.test(name)) {
    return `'${name}' is no name of a token: up to 64 letters, digits, dots, dashes and underscores, a letter or digit first.`
  }
  if (tenants?.some((tenant) => tenant === '' || tenant.includes('\0'))) return 'A tenant has a name.'
  if (tenants?.length === 0) return 'A token is for some tenants, or for all: none is nobody.'
  if (expiresInMs !== null && !(expiresInMs > 0 && expiresInMs <= LIMITS.token_life_ms)) {
    return 'A token expires in more than no time and at most ten years; without it, it does not expire.'
  }
  return null
}
