import { expect } from 'vitest'
import { sha256 } from '../../core/digest.js'
import { isGood, type TokenRow, type Tokens } from '../../core/tokens.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

type Wish = Partial<Parameters<Tokens['create']>[0]>

/** A name of this scene's own: tokens are the whole ledger's. */
const named = (s: Scene, name: string) => `${s.agent}.${name}`

/** A token that is what it is called, unless the wish says otherwise. */
async function made(s: Scene, name: string, wish: Wish = {}): Promise<TokenRow> {
  const own = { id: `id of ${named(s, name)}`, hash: sha256(named(s, name)), name: named(s, name), by: 'ann' }
  const answer = await s.ledger.tokens.create({ ...own, role: 'operator', tenants: null, expiresAt: null, ...wish })
  if (answer.code !== 'ok') throw new Error(`${name}: ${answer.code}`)
  return answer.token
}

const found = async (s: Scene, name: string) => s.ledger.tokens.find({ hash: sha256(named(s, name)) })

export const tokens = [
  clause('a token is found by its digest alone, as it was made', async (s) => {
    const at = await s.ledger.now()
    const token = await made(s, 'ci', { role: 'approver', tenants: ['acme', 'b"{},ß'], expiresAt: at + 9 })
    expect(token).toEqual({
      ...{ id: `id of ${named(s, 'ci')}`, name: named(s, 'ci'), role: 'approver', tenants: ['acme', 'b"{},ß'] },
      ...{ createdAt: at, createdBy: 'ann', expiresAt: at + 9 },
      ...{ revokedAt: null, revokedBy: null, lastUsedAt: null },
    })
    expect(await found(s, 'ci')).toEqual({ token, at })
    expect(await found(s, 'other')).toBeNull()
  }),

  // Whatever is written of `token:NAME` must mean one token for good.
  clause('a name is given once, also after its token was revoked', async (s) => {
    const token = await made(s, 'ci')
    const again = { ...token, id: 'another', hash: sha256(named(s, 'again')), by: 'ben', role: 'admin' } as const
    expect(await s.ledger.tokens.create(again)).toEqual({ code: 'name_taken' })
    await s.ledger.tokens.revoke({ token: token.name, by: 'ann' })
    expect(await s.ledger.tokens.create(again)).toEqual({ code: 'name_taken' })
    expect(await found(s, 'again')).toBeNull()
    expect((await found(s, 'ci'))?.token).toMatchObject({ id: token.id, role: 'operator' })
  }),

  clause('a token is revoked once and for good, by name or id, and is still found', async (s) => {
    const [one, two] = [await made(s, 'one'), await made(s, 'two')]
    await s.advance(5)
    const at = await s.ledger.now()
    expect(await s.ledger.tokens.revoke({ token: one.name, by: 'ben' })).toEqual({ code: 'ok' })
    expect(await s.ledger.tokens.revoke({ token: two.id, by: 'cat' })).toEqual({ code: 'ok' })
    await s.advance(5)
    expect(await s.ledger.tokens.revoke({ token: one.id, by: 'dan' })).toEqual({ code: 'unchanged' })
    expect(await s.ledger.tokens.revoke({ token: named(s, 'none'), by: 'dan' })).toEqual({ code: 'unknown' })
    expect((await found(s, 'one'))?.token).toEqual({ ...one, revokedAt: at, revokedBy: 'ben' })
    expect((await found(s, 'two'))?.token).toEqual({ ...two, revokedAt: at, revokedBy: 'cat' })
  }),

  // A worker whose clock stands must not keep an expired token good.
  clause('whether a token is good is judged by the ledger’s time, told with it', async (s) => {
    const at = await s.ledger.now()
    await made(s, 'short', { expiresAt: at + 10 })
    const good = async () => {
      const one = await found(s, 'short')
      return one && isGood(one.token, one.at)
    }
    await s.advance(9)
    expect(await good()).toBe(true)
    await s.advance(1)
    expect(await good()).toBe(false)
  }),

  // A busy client must not make a hot row.
  clause('its last use is written at most once a minute', async (s) => {
    const { id, name } = await made(s, 'busy')
    const lastUsed = async () => (await s.ledger.tokens.list()).find((one) => one.name === name)?.lastUsedAt
    const at = await s.ledger.now()
    await s.ledger.tokens.used({ id })
    expect(await lastUsed()).toBe(at)
    await s.advance(59_999)
    await s.ledger.tokens.used({ id })
    expect(await lastUsed()).toBe(at)
    await s.advance(1)
    await s.ledger.tokens.used({ id })
    expect(await lastUsed()).toBe(at + 60_000)
    await s.ledger.tokens.used({ id: 'nobody' })
  }),

  clause('they are listed by name, revoked ones too, and none says what it is', async (s) => {
    for (const name of ['b', 'a', 'B']) await made(s, name)
    await s.ledger.tokens.revoke({ token: named(s, 'a'), by: 'ann' })
    const rows = (await s.ledger.tokens.list()).filter(({ name }) => name.startsWith(`${s.agent}.`))
    expect(rows.map(({ name }) => name)).toEqual(['B', 'a', 'b'].map((name) => named(s, name)))
    expect(JSON.stringify(rows)).not.toContain(sha256(named(s, 'b')))
  }),
]
