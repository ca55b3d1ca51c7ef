import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Caller } from '../../core/access.js'
import { LIMITS } from '../../core/limits.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { flow } from '../../orchestrator/flow.js'
import { assemble, type Midwatch } from '../../runtime.js'
import { type Api, api } from '../app.js'
import { type ReadEvent, SseClient } from './sse-client.fixture.js'

const echo = flow({
  name: 'echo',
  version: 1,
  input: z.object({ say: z.string() }),
  run: async (_ctx, { say }) => ({ said: say }),
})

const CALLERS: Readonly<Record<string, Caller>> = {
  ann: { principal: 'ann', role: 'viewer', tenants: ['acme'], tokenId: 'a' },
  root: { principal: 'root', role: 'admin', tenants: null, tokenId: 'r' },
}

const ledger = memoryLedger()
let mw: Midwatch
let served: Api
beforeAll(async () => {
  mw = await assemble({ run: [echo], alarm: () => undefined }, { ledger })
  served = api(mw, { access: (request) => CALLERS[request.headers.get('authorization') ?? ''] ?? null })
})
afterAll(() => mw.stop())

async function open(path: string, who = 'root', lastEventId?: string): Promise<SseClient> {
  const headers = { authorization: who, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
  const response = await served.fetch(new Request(`http://localhost${path}`, { headers }))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  return new SseClient(response)
}

/** A run that has ended; its id, and how many entries it has. */
async function worked(tenant = 'acme', session?: string, say = 'hello') {
  const run = await mw.start(echo, { input: { say }, tenant, ...(session && { session }) })
  await run.outcome()
  return { id: run.id, entries: (await ledger.journal({ runId: run.id })).length }
}

const nameOf = ({ data }: ReadEvent) => `${data.runId} ${data.seq}`

describe('all journals', () => {
  it('are told once each entry, live from the head on, and again from the start', async () => {
    const live = await open('/v1/events')
    const first = live.next()
    const { id, entries } = await worked()
    const told = [await first, ...(await live.take(entries - 1))].filter((one) => one !== null)
    expect(told.map(nameOf)).toEqual(Array.from({ length: entries }, (_, i) => `${id} ${i + 1}`))
    expect(told[0]?.data).toMatchObject({ tenant: 'acme', agent: 'echo', session: null, kind: 'admit' })
    expect(told[0]?.data.body.input).toEqual({ say: 'hello' })
    const again = await open('/v1/events?from=start')
    expect((await again.take(entries)).map(nameOf)).toEqual(told.map(nameOf))
    await Promise.all([live.leave(), again.leave()])
  })

  it('go on behind the last event of a client, wherever it left', async () => {
    const all = await open('/v1/events?from=start')
    const { entries } = await worked()
    const told = await all.take(2 * entries)
    for (const at of [0, 2, entries - 1, entries]) {
      const rest = await open('/v1/events?from=head', 'root', told[at]?.id)
      expect((await rest.take(told.length - at - 1)).map(nameOf)).toEqual(told.slice(at + 1).map(nameOf))
      await rest.leave()
    }
    await all.leave()
  })

  it('are told to a caller of some tenants without those of others, and by what is asked for', async () => {
    const head = await ledger.feed.head()
    const [, mine, said] = [await worked('other'), await worked('acme'), await worked('acme', 's-1')]
    const ann = await open(`/v1/events?from=${head}`, 'ann')
    const told = await ann.take(mine.entries + said.entries)
    expect(new Set(told.map(({ data }) => data.tenant))).toEqual(new Set(['acme']))
    const narrow = await open(`/v1/events?from=${head}&session=s-1&kind=admit&kind=end&agent=echo`)
    expect((await narrow.take(2)).map(nameOf)).toEqual([`${said.id} 1`, `${said.id} ${said.entries}`])
    await Promise.all([ann.leave(), narrow.leave()])
    const foreign = await served.fetch(
      new Request('http://localhost/v1/events?tenant=other', { headers: { authorization: 'ann' } }),
    )
    expect(foreign.status).toBe(403)
  })

  it('are kept up to a bound for a client that takes none, which misses and repeats nothing when it comes back', async () => {
    const head = await ledger.feed.head()
    const slow = await open(`/v1/events?from=${head}`)
    const { entries } = await worked()
    const told = await slow.take(entries)
    // Twice what is kept: some of it lies on the way already.
    const long = 'x'.repeat(LIMITS.feed_inbox_chars / 20)
    for (let n = 0; n < 40; n += 1) await worked('acme', undefined, long)
    told.push(...(await slow.take(Number.POSITIVE_INFINITY)))
    const all = await open(`/v1/events?from=${head}`)
    const expected = (await all.take(41 * entries)).map(nameOf)
    expect(told.length).toBeLessThan(expected.length)
    const back = await open('/v1/events', 'root', slow.lastEventId)
    told.push(...(await back.take(expected.length - told.length)))
    expect(told.map(nameOf)).toEqual(expected)
    await Promise.all([all.leave(), back.leave()])
  })

  it('begin at no place that the ledger does not know', async () => {
    for (const headers of [{ 'last-event-id': 'memory9.1' }, { 'last-event-id': 'nonsense' }]) {
      const request = new Request('http://localhost/v1/events', { headers: { authorization: 'root', ...headers } })
      const response = await served.fetch(request)
      expect([response.status, await response.json()]).toMatchObject([410, { code: 'unknown_position' }])
    }
  })
})

describe('one run', () => {
  it('is told to its end, from where the client was, and then nobody comes back for more', async () => {
    const { id, entries } = await worked()
    const client = await open(`/v1/runs/${id}/events`)
    const told = await client.take(entries + 1)
    expect(told.map((one) => one.id)).toEqual(Array.from({ length: entries }, (_, i) => String(i + 1)))
    const rest = await open(`/v1/runs/${id}/events`, 'root', '2')
    expect((await rest.take(entries)).map((one) => one.id)).toEqual(told.slice(2).map((one) => one.id))
    const from = await open(`/v1/runs/${id}/events?from=3`)
    expect((await from.take(entries)).map((one) => one.id)).toEqual(told.slice(2).map((one) => one.id))
    const over = await served.fetch(
      new Request(`http://localhost/v1/runs/${id}/events`, {
        headers: { authorization: 'root', 'last-event-id': String(entries) },
      }),
    )
    expect([over.status, await over.text()]).toEqual([204, ''])
  })

  it('of another tenant is not there', async () => {
    const { id } = await worked('other')
    for (const verb of ['events', 'stream']) {
      const request = new Request(`http://localhost/v1/runs/${id}/${verb}`, { headers: { authorization: 'ann' } })
      expect((await served.fetch(request)).status).toBe(404)
    }
  })
})
