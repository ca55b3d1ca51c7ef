import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { declaredApi } from '../../../test/api/declared.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { flow } from '../../orchestrator/flow.js'
import { assemble, type Midwatch } from '../../runtime.js'
import { type Api, api } from '../app.js'
import type { Webhooks } from './webhooks.js'

const KEY = Buffer.from('a key of the sender, 32 bytes long').toString('base64')
const SECRETS: Readonly<Record<string, string>> = { SHOP: `whsec_${KEY}`, HUB: 'hub secret', PAY: 'whsec_pay' }
const desk = flow({
  name: 'desk',
  version: 1,
  input: z.object({ order: z.string() }),
  run: async (_ctx, { order }) => ({ order }),
})
const order = (payload: unknown) => {
  const { order: named } = payload as { order?: string }
  return named === undefined ? undefined : { order: named }
}
const WEBHOOKS: Webhooks = {
  shop: { agent: 'desk', secret: 'SHOP', scheme: 'standard', input: order, tenant: 'acme', session: 'shop' },
  hub: { agent: 'desk', secret: 'HUB', scheme: 'github', input: order },
  pay: { agent: 'desk', secret: 'PAY', scheme: 'stripe', input: order },
  own: {
    agent: 'desk',
    secret: 'HUB',
    scheme: ({ headers, secret }) => {
      if (headers.get('x-own') === 'break') throw new Error('broken')
      return headers.get('x-own') === secret ? 'own-1' : null
    },
    input: order,
  },
  lost: { agent: 'desk', secret: 'NOWHERE', scheme: 'github', input: order },
}

const ledger = memoryLedger()
let mw: Midwatch
let served: Api
beforeAll(async () => {
  mw = await assemble({ run: [desk], secrets: (name) => SECRETS[name], alarm: () => undefined }, { ledger })
  served = declaredApi(api(mw, { webhooks: WEBHOOKS, log: () => undefined }))
})
afterAll(() => mw.stop())

const now = () => Math.floor(Date.now() / 1_000)
type Headers = Readonly<Record<string, string>>

async function post(name: string, body: string, headers: Headers) {
  const request = new Request(`http://localhost/v1/webhooks/${name}`, { method: 'POST', body, headers })
  const response = await served.fetch(request)
  return { status: response.status, body: await response.json() }
}

const hex = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')

const SIGNED = {
  shop: (body: string, id = 'msg_1', at = now()): Headers => {
    const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(`${id}.${at}.${body}`).digest('base64')
    return { 'webhook-id': id, 'webhook-timestamp': `${at}`, 'webhook-signature': `v1,AAAA v2,x v1,${signature}` }
  },
  hub: (body: string, id = 'guid-1'): Headers => ({
    'x-github-delivery': id,
    'x-hub-signature-256': `sha256=${hex('hub secret', body)}`,
  }),
  pay: (body: string, _id?: string, at = now()): Headers => ({
    'stripe-signature': `t=${at},v1=${'0'.repeat(64)},v1=${hex('whsec_pay', `${at}.${body}`)}`,
  }),
}
type Scheme = keyof typeof SIGNED
const SCHEMES = Object.keys(SIGNED) as Scheme[]
const bodyOf = (scheme: Scheme, n: number) => JSON.stringify({ id: `evt_${n}`, order: `${scheme}-${n}` })

describe.each(SCHEMES)('a delivery to %s', (scheme) => {
  it('starts one run, however often it is sent', async () => {
    const body = bodyOf(scheme, 1)
    const first = await post(scheme, body, SIGNED[scheme](body))
    expect(first.status).toBe(201)
    expect(await post(scheme, body, SIGNED[scheme](body))).toEqual({ status: 200, body: first.body })
    expect(await mw.run(first.body.run).outcome()).toMatchObject({ output: { order: `${scheme}-1` } })
    const run = await ledger.run({ runId: first.body.run })
    expect(run).toMatchObject({ principal: `webhook:${scheme}`, tenant: scheme === 'shop' ? 'acme' : 'default' })
    expect(run?.session).toBe(scheme === 'shop' ? 'shop' : null)
  })

  it('that is not signed by its sender is refused, and nothing is written', async () => {
    const body = bodyOf(scheme, 2)
    const good = SIGNED[scheme](body)
    const before = await ledger.runs({})
    const bad = [
      {},
      ...Object.keys(good).map((left) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== left))),
      ...SCHEMES.filter((one) => one !== scheme).map((other) => SIGNED[other](body)),
      SIGNED[scheme](`${body} `),
    ]
    for (const headers of bad) {
      expect(await post(scheme, body, headers)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    }
    expect(await post(scheme, `${body} `, good)).toMatchObject({ status: 401 })
    expect(await ledger.runs({})).toEqual(before)
  })

  it('that asks for nothing starts nothing', async () => {
    const body = JSON.stringify({ id: 'evt_9', ping: true })
    expect(await post(scheme, body, SIGNED[scheme](body, 'ping'))).toEqual({ status: 200, body: { run: null } })
  })

  it('that is signed and no JSON, or does not fit the agent, is told so', async () => {
    const misfit = JSON.stringify({ id: 'evt_8', order: 8 })
    expect(await post(scheme, misfit, SIGNED[scheme](misfit, 'misfit'))).toMatchObject({
      status: 400,
      body: { code: 'invalid_input' },
    })
    const broken = 'no JSON'
    // What Stripe signs names itself within.
    const status = scheme === 'pay' ? 401 : 400
    expect(await post(scheme, broken, SIGNED[scheme](broken, 'broken'))).toMatchObject({ status })
  })
})

describe('deliveries', () => {
  it.each(['shop', 'pay'] as const)(
    'to %s that were signed more than five minutes ago, or ahead, are refused',
    async (name) => {
      for (const [at, status] of [
        [now() - 290, 201],
        [now() - 310, 401],
        [now() + 310, 401],
      ] as const) {
        const body = bodyOf(name, 100 + status + at)
        expect([(await post(name, body, SIGNED[name](body, `at-${at}`, at))).status, at]).toEqual([status, at])
      }
    },
  )

  it('under one id with other words are a conflict', async () => {
    const [one, other] = [bodyOf('shop', 5), bodyOf('shop', 6)]
    await post('shop', one, SIGNED.shop(one, 'msg_5'))
    expect(await post('shop', other, SIGNED.shop(other, 'msg_5'))).toMatchObject({
      status: 409,
      body: { code: 'start_conflict' },
    })
  })

  it('are judged by a function of one’s own; one that breaks has not found them signed', async () => {
    const body = JSON.stringify({ order: 'own' })
    expect(await post('own', body, { 'x-own': 'hub secret' })).toMatchObject({ status: 201 })
    expect(await post('own', body, { 'x-own': 'other' })).toMatchObject({ status: 401 })
    expect(await post('own', body, { 'x-own': 'break' })).toMatchObject({ status: 401 })
  })

  it('to a name that is none are not found, and without the secret nothing is believed', async () => {
    expect(await post('toString', '{}', {})).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(await post('lost', '{}', SIGNED.hub('{}'))).toMatchObject({ status: 500, body: { code: 'internal_error' } })
  })
})
