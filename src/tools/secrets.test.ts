import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { canonical } from '../core/json.js'
import { Secrets } from './secrets.js'

const CANARY = 'can"ary\\5f1e\n7a90'
const tenant = 'acme'

async function knowing(...values: string[]): Promise<Secrets> {
  const secrets = new Secrets((name) => values[Number(name)])
  for (const index of values.keys()) await secrets.resolve(String(index), tenant)
  return secrets
}

describe('a secret is resolved when it is used', () => {
  afterEach(() => {
    delete process.env.MIDWATCH_TEST_SECRET
  })

  it('from the environment, unless another source is named', async () => {
    process.env.MIDWATCH_TEST_SECRET = 'from the environment'
    expect(await new Secrets().resolve('MIDWATCH_TEST_SECRET', tenant)).toBe('from the environment')
    const vault = new Secrets(async (name, of) => `${name} of ${of.tenant}`)
    expect(await vault.resolve('TOKEN', tenant)).toBe('TOKEN of acme')
  })

  it.each([undefined, ''])('and one that is %j is missing', async (value) => {
    await expect(new Secrets(() => value).resolve('TOKEN', tenant)).rejects.toMatchObject({ code: 'missing_secret' })
  })
})

describe('a secret that was handed out is concealed', () => {
  it('in plain text, as it is, in JSON, in JSON within JSON, and in a URL', async () => {
    const { concealText } = await knowing(CANARY)
    const once = JSON.stringify({ token: CANARY })
    expect(concealText(`<${CANARY}>`)).toBe('<[secret 0]>')
    expect(concealText(once)).toBe('{"token":"[secret 0]"}')
    expect(concealText(JSON.stringify(once))).toBe(JSON.stringify('{"token":"[secret 0]"}'))
    expect(concealText(`https://host/?token=${encodeURIComponent(CANARY)}`)).toBe('https://host/?token=[secret 0]')
  })

  it('line by line, where it has several', async () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END KEY-----'
    const { concealText } = await knowing(key)
    expect(concealText('read MIIEvQIBADANBgkqhkiG9w0B')).toBe('read [secret 0]')
  })

  it('in the strings and the names of JSON', async () => {
    const { conceal } = await knowing(CANARY)
    const json = canonical({ note: `it is ${CANARY}!`, [CANARY]: [JSON.stringify([CANARY])] })
    expect(JSON.parse(conceal(json))).toEqual({ note: 'it is [secret 0]!', '[secret 0]': ['["[secret 0]"]'] })
  })

  it('and JSON without one stays as it was', async () => {
    const { conceal } = await knowing(CANARY)
    const json = '{"10":1, "9":"canary"}'
    expect(conceal(json)).toBe(json)
  })

  it('whichever tenant it belongs to, the longer before the shorter', async () => {
    const { concealText } = await knowing('secret-token', 'secret-token-of-acme')
    expect(concealText('secret-token-of-acme, secret-token')).toBe('[secret 1], [secret 0]')
  })

  it('but not one so short that it stands in innocent text', async () => {
    const { concealText } = await knowing('abc')
    expect(concealText('abcdef')).toBe('abcdef')
  })

  // Numbers, punctuation and escapes of the text itself must survive a secret that looks like them.
  it('and what was JSON is still JSON without the secret, whatever the secret is', async () => {
    const odd = fc.oneof(
      fc.string({ minLength: 6, unit: 'binary' }),
      fc.constantFrom('nested', '":"","', '123456', 'u0000a', '\\\\\\\\\\\\', '{"a":1}'),
    )
    const cases = fc.tuple(odd, fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(cases, async ([secret, value]) => {
        const { conceal } = await knowing(secret)
        const json = canonical({ value, text: `${secret}${JSON.stringify(value)}`, count: 123_456 })
        const clean = JSON.parse(conceal(json)) as { text: string; count: number }
        expect(clean.text.startsWith('[secret 0]')).toBe(true)
        expect(clean.count).toBe(123_456)
      }),
      { numRuns: 300 },
    )
  })
})
