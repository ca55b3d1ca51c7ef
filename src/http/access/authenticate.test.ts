import { beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../core/access.js'
import { LIMITS } from '../../core/limits.js'
import { newTokenText } from '../../core/token-text.js'
import type { Tokens } from '../../core/tokens.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { makeToken } from '../../runtime/make-token.js'
import { type Access, type Authenticate, authenticateBy } from './authenticate.js'
import { mayListen } from './may-listen.js'

const clock = { at: 0, now: () => 1_000_000 + clock.at, monotonic: () => clock.at }
let ledger: ReturnType<typeof memoryLedger>
/** What the ledger was asked. */
let asked: string[]
let tokens: Tokens
let authenticate: Authenticate

beforeEach(() => {
  clock.at = 0
  asked = []
  ledger = memoryLedger({ clock })
  tokens = {
    ...ledger.tokens,
    find: (p) => {
      asked.push('find')
      return ledger.tokens.find(p)
    },
    used: (p) => {
      asked.push('used')
      return ledger.tokens.used(p)
    },
  }
  authenticate = authenticateBy('tokens', { tokens, clock })
})

const request = (authorization?: string, url = 'https://api.test/v1/runs') =>
  new Request(url, authorization === undefined ? {} : { headers: { authorization } })
const wish = { name: 'ci', role: 'operator', tenants: ['acme'], expiresInMs: null, by: 'ann' } as const
const made = async (more: Partial<Parameters<typeof makeToken>[1]> = {}) =>
  (await makeToken(ledger, { ...wish, ...more })).text
const by = (access: Access) => authenticateBy(access, { tokens, clock })

describe('tokens', () => {
  it('name who asks', async () => {
    const { id } = (await makeToken(ledger, wish)).token
    const text = await made({ name: 'other' })
    const caller = await authenticate(request(`Bearer ${text}`))
    expect(caller).toMatchObject({ principal: 'token:other', role: 'operator', tenants: ['acme'] })
    expect(caller).not.toMatchObject({ tokenId: id })
    expect(await authenticate(request(`bearer   ${text}`))).toEqual(caller)
  })

  it('that are not good all get one answer, to the letter', async () => {
    const [good, revoked, expired] = [
      await made(),
      await made({ name: 'r' }),
      await made({ name: 'e', expiresInMs: 10 }),
    ]
    await ledger.tokens.revoke({ token: 'r', by: 'ann' })
    clock.at = 10
    const bad = [
      undefined,
      ...['', 'Bearer', 'Bearer ', good, `Basic ${good}`, `Bearer ${good}x`, `Bearer ${good} ${good}`],
      ...['Bearer mw_', `Bearer ${good.slice(0, -1)}`, `Bearer ${good.toUpperCase()}`, `Bearer ${newTokenText()}`],
      ...[`Bearer ${revoked}`, `Bearer ${expired}`],
    ]
    const answers = await Promise.all(bad.map((header) => authenticate(request(header))))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({
      code: 'unauthenticated',
      more: { headers: { 'www-authenticate': 'Bearer realm="midwatch"' } },
    })
    expect(await authenticate(request(`Bearer ${good}`))).toMatchObject({ principal: 'token:ci' })
  })

  it('are read once for requests that come together, and again after five seconds: a revocation is heard by then', async () => {
    const header = `Bearer ${await made()}`
    await Promise.all([1, 2, 3].map(() => authenticate(request(header))))
    await ledger.tokens.revoke({ token: 'ci', by: 'ann' })
    clock.at = LIMITS.token_cache_ms - 1
    expect(await authenticate(request(header))).toMatchObject({ principal: 'token:ci' })
    expect(asked.filter((one) => one === 'find')).toHaveLength(1)
    clock.at = LIMITS.token_cache_ms
    expect(await authenticate(request(header))).toMatchObject({ code: 'unauthenticated' })
    expect(LIMITS.token_cache_ms).toBe(5_000)
  })

  it('are counted as read when they were asked for, not when the answer came', async () => {
    const header = `Bearer ${await made()}`
    const slow = {
      ...tokens,
      find: async (p: { hash: string }) => {
        const found = await tokens.find(p)
        clock.at += 4_000
        return found
      },
    }
    const slowly = authenticateBy('tokens', { tokens: slow, clock })
    await slowly(request(header))
    await ledger.tokens.revoke({ token: 'ci', by: 'ann' })
    clock.at += 1_000
    expect(await slowly(request(header))).toMatchObject({ code: 'unauthenticated' })
  })

  it('expire while they are remembered', async () => {
    const header = `Bearer ${await made({ expiresInMs: 1_000 })}`
    clock.at = 500
    expect(await authenticate(request(header))).toMatchObject({ role: 'operator' })
    clock.at = 1_000
    expect(await authenticate(request(header))).toMatchObject({ code: 'unauthenticated' })
    expect(asked.filter((one) => one === 'find')).toHaveLength(1)
  })

  it('of strangers are asked for each time, and remembered never: one that is made now is good at once', async () => {
    const header = `Bearer ${newTokenText()}`
    await authenticate(request(header))
    await authenticate(request(header))
    expect(asked).toEqual(['find', 'find'])
  })

  it('tell of their use once a minute, and nobody waits for it', async () => {
    const header = `Bearer ${await made()}`
    const used = () => {
      asked.push('used')
      return Promise.reject(new Error('away'))
    }
    const away = { ...tokens, used }
    const told = authenticateBy('tokens', { tokens: away, clock })
    for (const at of [0, 30_000, 59_999, 60_000, 61_000]) {
      clock.at = at
      expect(await told(request(header))).toMatchObject({ principal: 'token:ci' })
    }
    expect(asked.filter((one) => one === 'used')).toHaveLength(2)
  })

  it('are not guessed at while the ledger is away', async () => {
    const away = { ...tokens, find: () => Promise.reject(new Error('away')) }
    const asking = authenticateBy('tokens', { tokens: away, clock })
    await expect(asking(request(`Bearer ${await made()}`))).rejects.toThrow('away')
    await expect(asking(request(`Bearer ${newTokenText()}`))).rejects.toThrow('away')
  })
})

describe('open', () => {
  it.each([
    'http://localhost/v1',
    'http://127.0.0.1:4000/',
    'http://127.8.9.1/',
    'http://[::1]:1/',
    'http://LOCALHOST/',
  ])('everybody is admin under %s', async (url) => {
    expect(await by('open')(request(undefined, url))).toMatchObject({ role: 'admin', tenants: null })
  })

  // DNS rebinding: a page's own name that was made to mean 127.0.0.1.
  it.each([
    'http://evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://10.0.0.1/',
  ])('nobody is under %s', async (url) => {
    expect(await by('open')(request(undefined, url))).toMatchObject({ code: 'forbidden' })
  })

  it.each([
    ...['127.0.0.1', '127.1.2.3', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'LocalHost'].map((host) => [
      host,
      true,
    ]),
    ...['', '0.0.0.0', '::', '[::]', '10.0.0.1', '::ffff:10.0.0.1', '127.1', '127.0.0.1.nip.io', 'example.com'].map(
      (host) => [host, false],
    ),
    ...['localhost.', 'a.localhost', '128.0.0.1', '0', '2130706433'].map((host) => [host, false]),
  ] as [string, boolean][])('may listen on %j: %s', (host, may) => {
    expect(mayListen(host, 'open')).toBe(may)
    expect(mayListen(host, 'tokens')).toBe(true)
    expect(mayListen(host, () => null)).toBe(true)
  })
})

describe('the host’s own authentication', () => {
  const caller: Caller = { principal: 'ann', role: 'viewer', tenants: ['acme'], tokenId: null }

  it('says who asks; null refuses', async () => {
    expect(await by(() => caller)(request())).toEqual(caller)
    expect(await by(async () => null)(request())).toMatchObject({ code: 'unauthenticated' })
    await expect(by(() => Promise.reject(new Error('no')))(request())).rejects.toThrow('no')
  })

  it.each([
    { ...caller, tenants: undefined },
    { ...caller, tenants: 'acme' },
    { ...caller, tenants: [1] },
    { ...caller, role: 'root' },
    { ...caller, role: undefined },
    { ...caller, principal: '' },
    {},
  ])('is not believed by half: %j', async (half) => {
    const given = half as unknown as Caller
    await expect(by(() => given)(request())).rejects.toMatchObject({ code: 'invalid_config' })
  })
})
