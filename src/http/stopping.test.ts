import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../core/limits.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { flow } from '../orchestrator/flow.js'
import { makeToken } from '../runtime/make-token.js'
import { assemble } from '../runtime.js'
import { api } from './app.js'
import type { ApiOptions } from './options.js'

const nap = flow({ name: 'nap', version: 1, input: z.object({}), run: (ctx) => ctx.sleep('1h') })
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const stop of stops.splice(0)) await stop()
})

async function served(options: ApiOptions = {}) {
  const ledger = memoryLedger()
  const mw = await assemble({ run: [nap], worker: false, alarm: () => undefined }, { ledger })
  stops.push(() => mw.stop())
  const { fetch } = api(mw, options)
  const ask = (path: string, token = '') =>
    fetch(new Request(`http://localhost${path}`, { headers: { authorization: `Bearer ${token}` } }))
  const told = async (path: string) => {
    const response = await ask(path)
    const { code } = (await response.json()) as { code?: string }
    return { status: response.status, code, retryAfter: response.headers.get('retry-after') }
  }
  return { ledger, mw, ask, told }
}

/** Reads until the stream ends. */
async function ended(response: Response): Promise<void> {
  const reader = response.body?.getReader()
  while (!(await reader?.read())?.done);
}

describe('a process that has stopped', () => {
  it('turns everybody away with 503, and still says that it lives', async () => {
    const { mw, told, ask } = await served({ access: 'open' })
    expect((await told('/v1/runs')).status).toBe(200)
    await mw.stop()
    for (const path of ['/v1/runs', '/v1/events', '/v1/meters']) {
      expect(await told(path)).toEqual({ status: 503, code: 'not_ready', retryAfter: '1' })
    }
    expect([(await ask('/healthz')).status, (await ask('/openapi.json')).status]).toEqual([200, 200])
  })

  it('ends the streams that are open', async () => {
    const { mw, ask } = await served({ access: 'open' })
    const run = await mw.start(nap, { input: {} })
    const open = await Promise.all(
      ['/v1/events', `/v1/runs/${run.id}/events`, `/v1/runs/${run.id}/stream`].map((path) => ask(path)),
    )
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200])
    const all = Promise.all(open.map(ended))
    await mw.stop()
    await all
  })
})

describe('a process that has enough to do', () => {
  it('turns requests away beyond the most, until one is done, and never who asks how it is', async () => {
    const { ledger, mw } = await served()
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const runs: typeof ledger.runs = (p) => held.then(() => ledger.runs(p))
    const slow: typeof mw = Object.create(mw, { ledger: { value: { ...ledger, runs } }, metricsText: { value: null } })
    const { fetch } = api(slow, { access: 'open', limits: { requestsAtOnce: 2, deadlineMs: 30 } })
    const ask = (path: string) => fetch(new Request(`http://localhost${path}`))
    const first = [ask('/v1/runs'), ask('/v1/runs')]
    const third = await ask('/v1/switches')
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await third.json()).toMatchObject({ code: 'overloaded', retryable: true })
    expect((await ask('/healthz')).status).toBe(200)
    // What was given up is still under way.
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([503, 503])
    expect((await ask('/v1/switches')).status).toBe(503)
    release()
    await vi.waitFor(async () => expect((await ask('/v1/switches')).status).toBe(200))
  })

  it('opens no stream beyond the most, until one has ended', async () => {
    const { ask, told } = await served({ access: 'open', limits: { streamsAtOnce: 1 } })
    const open = await ask('/v1/events')
    expect((await told('/v1/events')).code).toBe('overloaded')
    await open.body?.cancel()
    const again = await ask('/v1/events')
    expect(again.status).toBe(200)
    await again.body?.cancel()
    // One that is refused takes no place.
    expect([(await told('/v1/events?from=nowhere')).code, (await ask('/v1/events')).status]).toEqual([
      'unknown_position',
      200,
    ])
  })
})

describe('a stream whose token is good no more', () => {
  it.each(['revoked', 'expired'])('ends soon after it was %s', async (how) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
    const { ledger, ask } = await served()
    const made = (expiresInMs: number | null, name: string) =>
      makeToken(ledger, { name, role: 'viewer', tenants: null, expiresInMs, by: 'test' })
    const [mine, other] = [await made(how === 'expired' ? 3_000 : null, 'mine'), await made(null, 'other')]
    const [stream, goesOn] = [await ask('/v1/events', mine.text), await ask('/v1/events', other.text)]
    let isOver = false
    const over = ended(stream).then(() => {
      isOver = true
    })
    let others = false
    void ended(goesOn).then(() => {
      others = true
    })
    if (how === 'revoked') await ledger.tokens.revoke({ token: mine.token.id, by: 'test' })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(2 * LIMITS.token_cache_ms)
    await over
    expect(others).toBe(false)
    expect((await ask('/v1/events', mine.text)).status).toBe(401)
  })
})
