import type { Caller } from '../../core/access.js'
import { LIMITS } from '../../core/limits.js'
import type { Clock } from '../../core/time.js'
import { tokenHash } from '../../core/token-text.js'
import { isGood, type TokenRow, type Tokens } from '../../core/tokens.js'

/** A token as it was read, at `at` by the ledger and `asked` by this process, just before. */
interface Read {
  readonly token: TokenRow
  readonly at: number
  readonly asked: number
}

const BEARER = /^bearer +(\S+)$/i

/**
 * Reads tokens from the ledger and goes by what it read for `token_cache_ms`, counted from before it asked: so a revocation is
 * heard within that. Only tokens that there are take a place, revoked ones too; what strangers send takes none.
 *
 * A token is looked up by its SHA-256. How long that takes may tell something of digests, of which nobody gets to the token:
 * nothing that a client sends is compared with a secret.
 */
export class TokenReader {
  readonly #read = new Map<string, Read>()
  readonly #asking = new Map<string, Promise<Read | null>>()
  /** When the use of a token was last told, by its id. */
  readonly #told = new Map<string, number>()

  constructor(
    private readonly tokens: Pick<Tokens, 'find' | 'used'>,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  /** null unless the header names a token that is good now. */
  async callerOf(header: string | null): Promise<Caller | null> {
    const [, text = ''] = BEARER.exec(header ?? '') ?? []
    const hash = tokenHash(text)
    const read = hash === null ? null : await this.#find(hash)
    if (read === null) return null
    const { token, at, asked } = read
    if (!isGood(token, at + Math.ceil(this.clock.monotonic() - asked))) return null
    this.#tell(token.id)
    return { principal: `token:${token.name}`, role: token.role, tenants: token.tenants, tokenId: token.id }
  }

  async #find(hash: string): Promise<Read | null> {
    const known = this.#read.get(hash)
    if (known && this.#since(known.asked) < LIMITS.token_cache_ms) return known
    // Requests that come together ask once.
    const asking = this.#asking.get(hash) ?? this.#ask(hash).finally(() => this.#asking.delete(hash))
    this.#asking.set(hash, asking)
    return asking
  }

  async #ask(hash: string): Promise<Read | null> {
    const asked = this.clock.monotonic()
    const found = await this.tokens.find({ hash })
    if (found === null) return null
    const read = { ...found, asked }
    this.#read.set(hash, read)
    return read
  }

  /** Nobody waits for it, and a ledger that is away does not matter. */
  #tell(id: string): void {
    const last = this.#told.get(id)
    if (last !== undefined && this.#since(last) < LIMITS.token_used_ms) return
    this.#told.set(id, this.clock.monotonic())
    this.tokens.used({ id }).catch(() => undefined)
  }

  #since(at: number): number {
    return this.clock.monotonic() - at
  }
}
