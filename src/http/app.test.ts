import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { declaredApi } from '../../test/api/declared.js'
import type { Caller } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import { verifyLedger } from '../core/invariants/verify.js'
import type { Ledger } from '../core/ledger.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { flow } from '../orchestrator/flow.js'
import { assemble, type Midwatch } from '../runtime.js'
import { type Api, api } from './app.js'
import type { ApiOptions } from './options.js'

const echo = flow({
  name: 'echo',
  version: 1,
  input: z.object({ say: z.string() }),
  run: async (_ctx, { say }) => ({ said: say }),
})
const nap = flow({ name: 'nap', version: 1, input: z.object({}), run: (ctx) => ctx.sleep('1h') })

const CALLERS: Readonly<Record<string, Caller>> = {
  ann: { principal: 'ann', role: 'operator', tenants: ['acme'], tokenId: 'a' },
  bob: { principal: 'bob', role: 'operator', tenants: ['other'], tokenId: 'b' },
  eve: { principal: 'eve', role: 'viewer', tenants: ['acme'], tokenId: 'e' },
  root: { principal: 'root', role: 'admin', tenants: null, tokenId: 'r' },
}

let mw: Midwatch
let served: Api
const ledger = memoryLedger()
beforeAll(async () => {
  mw = await assemble({ run: [echo, nap], alarm: () => undefined }, { ledger })
  served = declaredApi(api(mw, { access: (request) => CALLERS[request.headers.get('authorization') ?? ''] ?? null }))
})
afterAll(async () => {
  await mw.stop()
  expect((await verifyLedger(ledger)).violations).toEqual([])
})

interface Told {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: each route has a document of its own
  readonly body: any
}

async function ask(
  who: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const given = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const all = { authorization: who, ...type, ...headers }
  const request = new Request(`http://localhost${path}`, { method, headers: all, ...given })
  const response = await served.fetch(request)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
}
const get = (who: string, path: string, headers?: Record<string, string>) => ask(who, 'GET', path, undefined, headers)
const post = (who: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  ask(who, 'POST', path, body, headers)

describe('a run', () => {
  it('is of the trace that its request was of, and of none where the header is none', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const admitted = async (headers: Record<string, string>) => {
      const { body } = await post('ann', '/v1/runs', { agent: 'echo', input: { say: 'hello' } }, headers)
      const [first] = await ledger.journal({ runId: body.runId, limit: 1 })
      return (JSON.parse(first?.body ?? '{}') as { trace?: unknown }).trace
    }
    expect(await admitted({ traceparent, tracestate: 'a=1' })).toEqual({ traceparent, tracestate: 'a=1' })
    expect(await admitted({ traceparent: 'nonsense' })).toBeUndefined()
  })

  it('is started once per Idempotency-Key, and read when it has ended', async () => {
    const key = { 'idempotency-key': 'mail-1' }
    const made = await post('ann', '/v1/runs', { agent: 'echo', input: { say: 'hello' } }, key)
    expect([made.status, made.body.tenant, made.body.principal, made.body.key]).toEqual([201, 'acme', 'ann', 'mail-1'])
    expect(made.headers.get('location')).toBe(`/v1/runs/${made.body.runId}`)
    await mw.run(made.body.runId).outcome()
    const again = await post('ann', '/v1/runs', { agent: 'echo', input: { say: 'hello' } }, key)
    expect([again.status, again.body.runId]).toEqual([200, made.body.runId])
    const read = await get('eve', `/v1/runs/${made.body.runId}`)
    expect(read.body).toMatchObject({
      run: { state: 'ended', outcome: 'completed' },
      input: { say: 'hello' },
      result: { status: 'completed', output: { said: 'hello' } },
    })
    const other = await post('ann', '/v1/runs', { agent: 'echo', input: { say: 'else' } }, key)
    expect([other.status, other.body.code]).toEqual([409, 'start_conflict'])
    expect(other.headers.get('x-should-retry')).toBe('false')
  })

  it('is started in the name of others by those alone who may not approve', async () => {
    const run = { agent: 'echo', input: { say: 'x' }, principal: 'customer:7' }
    expect((await post('ann', '/v1/runs', run)).body.principal).toBe('customer:7')
    expect((await post('root', '/v1/runs', run)).body.code).toBe('forbidden')
    expect((await post('root', '/v1/runs', { ...run, principal: 'root' })).status).toBe(201)
  })

  it('is not done anew where its session takes nothing more', async () => {
    const made = await post('ann', '/v1/runs', { agent: 'echo', input: { say: 'x' }, session: 'case' })
    await mw.run(made.body.runId).outcome()
    await ledger.closeSession({ tenant: 'acme', session: 'case', by: 'test' })
    expect((await post('ann', `/v1/runs/${made.body.runId}/redrive`)).body).toMatchObject({
      status: 409,
      code: 'session_closed',
    })
    await ledger.reopenSession({ tenant: 'acme', session: 'case', by: 'test' })
    const key = { 'idempotency-key': 'again' }
    const again = await post('ann', `/v1/runs/${made.body.runId}/redrive`, undefined, key)
    const same = await post('ann', `/v1/runs/${made.body.runId}/redrive`, undefined, key)
    expect([again.status, same.status, same.body.runId]).toEqual([201, 200, again.body.runId])
  })

  it('of another tenant is not there', async () => {
    const { body } = await post('ann', '/v1/runs', { agent: 'nap', input: {} })
    for (const path of ['', '/journal']) {
      expect((await get('bob', `/v1/runs/${body.runId}${path}`)).body).toMatchObject({
        status: 404,
        code: 'unknown_run',
      })
    }
    for (const verb of ['cancel', 'interrupt', 'resume', 'redrive']) {
      expect((await post('bob', `/v1/runs/${body.runId}/${verb}`)).body.code).toBe('unknown_run')
    }
    expect((await post('bob', '/v1/runs', { agent: 'nap', input: {}, tenant: 'acme' })).body.code).toBe('forbidden')
    expect((await get('bob', '/v1/runs')).body.runs).toEqual([])
  })
})

describe('a request that is none', () => {
  it('tells what is wrong with it, and nothing else', async () => {
    const run = { agent: 'echo', input: { say: 'x' } }
    const code = async (told: Promise<Told>) => (await told).body.code
    expect(await code(post('nobody', '/v1/runs', run))).toBe('unauthenticated')
    expect(await code(post('eve', '/v1/runs', run))).toBe('forbidden')
    expect(await code(post('ann', '/v1/runs', run, { 'content-type': 'text/plain' }))).toBe('unsupported_media_type')
    expect(await code(post('ann', '/v1/runs', run, { accept: 'text/html' }))).toBe('not_acceptable')
    expect(await code(post('ann', '/v1/runs', run, { origin: 'https://evil.example' }))).toBe('foreign_origin')
    expect(await code(post('ann', '/v1/runs', { ...run, input: 'y'.repeat(1_000_001) }))).toBe('body_too_large')
    expect(await code(post('ann', '/v1/runs', { ...run, more: 1 }))).toBe('invalid_request')
    expect(await code(post('ann', '/v1/runs', { ...run, input: {} }))).toBe('invalid_input')
    expect(await code(post('ann', '/v1/runs', { ...run, agent: 'none' }))).toBe('unknown_agent')
  })

  it.each([
    ['GET', '/v1/nothing', 404, 'not_found'],
    ['DELETE', '/v1/runs', 405, 'method_not_allowed'],
    ['GET', '/v1/runs?limit=0', 400, 'invalid_request'],
    ['GET', '/v1/runs?cursor=abc', 400, 'invalid_cursor'],
    ['GET', '/v1/runs/%00', 400, 'invalid_request'],
  ])('%s %s is %s %s', async (method, path, status, code) => {
    const told = await ask('root', method, path)
    expect([told.status, told.body.code, told.headers.get('content-type')]).toEqual([
      status,
      code,
      'application/problem+json',
    ])
    expect(told.body.requestId).toBe(told.headers.get('x-request-id'))
  })
})

it('tells of itself in OpenAPI 3.1', async () => {
  const { body } = await get('nobody', '/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  expect(Object.keys(body.paths)).toContain('/v1/runs/{run}/cancel')
  expect((await get('nobody', '/healthz')).body).toEqual({ ok: true })
  expect((await get('nobody', '/readyz')).body).toEqual({ ok: true, worker: true })
})

describe('what goes wrong on this side', () => {
  /** The runtime with something else in some places. */
  const like = (other: Partial<Midwatch>): Midwatch => {
    const places = Object.entries({ metricsText: null, ...other }).map(([name, value]) => [name, { value }])
    return Object.create(mw, Object.fromEntries(places)) as Midwatch
  }
  const failing = (wrong: Partial<Ledger>, options: ApiOptions = {}) =>
    api(like({ ledger: { ...ledger, ...wrong } }), { access: 'open', ...options })
  const told = async (of: Api, path = '/v1/runs') => {
    const response = await of.fetch(new Request(`http://localhost${path}`))
    return { status: response.status, headers: response.headers, ...(await response.json()) }
  }

  it('is told without its words', async () => {
    const heard: string[] = []
    const broken = failing(
      { runs: () => Promise.reject(new Error('password=hunter2')) },
      { log: (line) => heard.push(line) },
    )
    const answer = await told(broken)
    expect(answer).toMatchObject({ status: 500, code: 'internal_error' })
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|\.ts/)
    expect(heard.join()).toContain(`${answer.requestId} met a fault: Error: password=hunter2`)
  })

  it('is said to pass where it does: a ledger that is away, or slow', async () => {
    const away = await told(failing({ runs: () => Promise.reject(new MidwatchError('ledger_away', 'at 10.0.0.1')) }))
    expect([away.status, away.code, away.headers.get('retry-after')]).toEqual([503, 'ledger_away', '2'])
    expect(away.detail).not.toContain('10.0.0.1')
    const slow = failing({ runs: () => new Promise(() => undefined) }, { limits: { deadlineMs: 20 } })
    expect(await told(slow)).toMatchObject({ status: 503, code: 'deadline_passed', retryable: true })
  })

  it('that cut off the answer to a start leaves one run, which the same key finds again', async () => {
    let isCut = true
    const admit: Ledger['admit'] = async (p) => {
      const admitted = await ledger.admit(p)
      if (!isCut) return admitted
      isCut = false
      throw new MidwatchError('ledger_away', 'The connection was cut after the commit.')
    }
    const other = await assemble({ run: [echo], worker: false }, { ledger: { ...ledger, admit } })
    const { fetch } = declaredApi(api(other, { access: 'open' }))
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'cut' }
    const send = () =>
      fetch(
        new Request('http://localhost/v1/runs', {
          method: 'POST',
          body: '{"agent":"echo","input":{"say":"x"}}',
          headers,
        }),
      )
    const [first, second] = [await send(), await send()]
    expect([first.status, first.headers.get('retry-after'), second.status]).toEqual([503, '2', 200])
    const { runId } = (await second.json()) as { runId: string }
    const found = (await ledger.runs({ tenant: 'default' })).filter(({ key }) => key === 'cut')
    expect(found.map((run) => run.runId)).toEqual([runId])
    await other.stop()
  })

  it('is seen by who asks whether it is ready', async () => {
    const missing = ['the ledger does not answer']
    const down = api(like({ readiness: async () => ({ worker: true, missing }) }))
    expect(await told(down, '/readyz')).toMatchObject({ status: 503, code: 'not_ready', detail: `${missing}.` })
  })

  it('is told to who starts more than may wait, with when to come again', async () => {
    await ledger.queues.setBound({ scope: 'tenant:full', max: 1, by: 'test' })
    const start = () => ask('root', 'POST', '/v1/runs', { agent: 'nap', input: {}, tenant: 'full', priority: 'low' })
    const send = (priority: string) =>
      ask(
        'root',
        'POST',
        '/v1/sessions/s/messages',
        { agent: 'nap', input: {}, tenant: 'full', priority },
        { 'idempotency-key': 'k' },
      )
    await ledger.admit({
      ...{ runId: 'kept', tenant: 'full', agent: 'none', version: 1, fingerprint: 'x', queue: 'nobody', key: null },
      ...{
        session: null,
        principal: null,
        origin: null,
        deadlineMs: 1e9,
        meters: [],
        body: '{"input":{}}',
        salt: 's',
        inputDigest: 'd',
      },
    })
    for (const answer of [await start(), await send('normal')]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(answer.body).toMatchObject({
        code: 'overloaded',
        retryable: true,
        detail: expect.stringContaining('tenant:full'),
      })
    }
    const shed = await send('high')
    expect([shed.status, shed.body.priority]).toEqual([201, 'high'])
    expect((await ledger.run({ runId: 'kept' }))?.outcome).toBe('refused')
    await ledger.queues.setBound({ scope: 'tenant:full', max: null, by: 'test' })
  })

  it('is kept from one caller who asks too much', async () => {
    const busy = failing({}, { limits: { requestsPerMinute: 2 } })
    expect([(await told(busy)).status, (await told(busy)).status]).toEqual([200, 200])
    const third = await told(busy)
    const strangers = failing(
      {},
      {
        access: (request) => CALLERS[request.headers.get('authorization') ?? ''] ?? null,
        limits: { strangersPerMinute: 1 },
      },
    )
    const code = async (authorization: string) =>
      (
        await strangers.fetch(new Request('http://localhost/v1/runs', { headers: { authorization } }), {
          address: '10.0.0.1',
        })
      ).status
    expect([await code('x'), await code('y'), await code('root')]).toEqual([401, 429, 200])
    expect([third.status, third.code, third.headers.get('retry-after')]).toEqual([429, 'rate_limited', '30'])
  })
})
