import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Model } from '../src/models/port.js'
import { agent } from '../src/orchestrator/agent.js'
import { type ModelServer, modelServer, type Replies, scriptedModel } from '../src/testing/index.js'
import { tool } from '../src/tools/tool.js'
import { LEDGERS } from './runtime-on.js'
import { desk, done, entriesOf, find, message, model, says } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const servers: ModelServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

/** A real provider package in front of a real server on loopback. */
async function served(name: string, replies: Replies) {
  const server = await modelServer({ replies })
  servers.push(server)
  return { server, port: createOpenAICompatible({ name: 'loopback', baseURL: server.url, includeUsage: true })(name) }
}
const prices = {
  'loopback/large': { input: '$1', output: '$4' },
  'loopback/small': { input: '$1', output: '$4' },
} as const

describe.each(LEDGERS)('a model step on the %s ledger', (kind) => {
  const on = stage(kind)

  it('is refused before any call when no price is known', async () => {
    const { price: _, ...priceless } = scriptedModel({ replies: [done], name: 'nobody-knows' })
    const a = agent({ ...desk(on.name('price'), priceless as Model), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({
      status: 'failed',
      code: 'unknown_price',
      message: expect.stringContaining('scripted/nobody-knows'),
    })
    expect(priceless.requests).toEqual([])
    expect(await entriesOf(on.ledger, run.id, 'begin')).toEqual([])
  })

  it('makes one HTTP request an attempt, and falls back in order', async () => {
    const large = await served('large', () => ({ fault: 'server_error' }))
    const small = await served('small', [done])
    const a = agent({ ...desk(on.name('fallback'), [large.port, small.port] as [Model, Model]), tools: [find] })
    const mw = await on.runtime({ run: [a], prices })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const begun = (await entriesOf(on.ledger, run.id, 'begin')).map((e) => JSON.parse(e.body ?? '{}').name)
    expect(begun).toEqual(['loopback/large', 'loopback/large', 'loopback/large', 'loopback/small'])
    expect([large.server.requests.length, small.server.requests.length]).toEqual([3, 1])
    expect((await on.ledger.run({ runId: run.id }))?.meters).toMatchObject({
      attempts: { used: 4 },
      retries: { used: 3 },
      model_calls: { used: 4 },
      steps: { used: 1 },
    })
  })

  it('falls back at once from a fault that will not pass, and fails by its class when nobody is left', async () => {
    const large = await served('large', () => ({ fault: 'auth' }))
    const small = await served('small', () => ({ fault: 'content_filter' }))
    const a = agent({ ...desk(on.name('gone'), [large.port, small.port] as [Model, Model]), tools: [find] })
    const mw = await on.runtime({ run: [a], prices })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'failed', code: 'model_content_filter' })
    expect([large.server.requests.length, small.server.requests.length]).toEqual([1, 1])
  })

  it('waits as long as a rate limit says, by the ledger’s clock and not with a worker in hand', async () => {
    const { server, port } = await served('large', ({ call }) =>
      call === 1 ? { fault: 'rate_limit', retryAfterMs: 9_000 } : done,
    )
    const a = agent({ ...desk(on.name('storm'), port), tools: [find] })
    const mw = await on.runtime({ run: [a], prices })
    const run = await mw.start(a, { input: message })
    const parked = await on.until(run.id, (r) => r.state === 'waiting')
    expect((parked.dueAt ?? 0) - (await on.ledger.now())).toBeGreaterThan(8_000)
    expect(server.requests).toHaveLength(1)
    await on.jump(11_000)
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(server.requests).toHaveLength(2)
  })

  it('is charged at its reservation where the provider does not say what was used', async () => {
    const silent = { ...done, usage: 'missing' } as const
    const a = agent({ ...desk(on.name('silent'), model([silent])), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const [begin] = await entriesOf(on.ledger, run.id, 'begin')
    const [settle] = await entriesOf(on.ledger, run.id, 'settle')
    const reserved = Object.fromEntries(
      (begin?.facts.charges ?? []).map((c, i) => [c.meter, [c.amount, settle?.facts.used?.[i]]]),
    )
    for (const meter of ['usd', 'input_tokens', 'output_tokens', 'reasoning_tokens', 'context_tokens']) {
      const [amount, used] = reserved[meter] ?? []
      expect(used).toBe(amount)
      expect(used).toBeGreaterThan(0)
    }
  })

  it('stays under the context ceiling by leaving out what is oldest, as the peak shows', async () => {
    const long = tool({
      name: 'long',
      description: 'Tell a lot.',
      input: z.object({ n: z.number() }),
      effect: 'read',
      execute: async ({ n }) => ({ n, text: `${n} `.repeat(1_500) }),
    })
    const asked = model(({ call }) => (call > 12 ? done : says('long', { n: call })))
    const a = agent({
      ...desk(on.name('context'), { model: asked, maxOutputTokens: 200 }),
      tools: [long],
      ceilings: { run: { context_tokens: 8_000 } },
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const texts = asked.requests.map((request) => JSON.stringify(request.messages))
    expect(texts.filter((text) => text.includes('earlier messages were left out')).length).toBeGreaterThan(3)
    expect(texts.every((text) => text.includes('please'))).toBe(true)
    const peak = (await on.ledger.run({ runId: run.id }))?.meters.context_tokens?.used ?? 0
    expect(peak).toBeGreaterThan(1_000)
    expect(peak).toBeLessThanOrEqual(8_000)
    for (const { facts } of await entriesOf(on.ledger, run.id, 'begin')) {
      const context = facts.charges?.find((c) => c.meter === 'context_tokens')
      expect(context?.amount ?? 0).toBeLessThanOrEqual(8_000)
    }
  })

  it('is not made when even the newest exchange passes the context ceiling', async () => {
    const asked = model([done])
    const ceilings = { run: { context_tokens: 2_500 } }
    const a = agent({ ...desk(on.name('too-long'), asked), tools: [find], ceilings })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: { message: 'long '.repeat(1_000) } })
    expect(await run.outcome()).toMatchObject({ status: 'exhausted', meter: 'context_tokens', limit: 2_500 })
    expect(asked.requests).toEqual([])
  })

  it('costs no more than its worst case, and a dollar ceiling stops it before the call', async () => {
    const asked = model(() => says('find_order', { id: 'A' }))
    const ceilings = { run: { usd: '$0.03' } } as const
    const a = agent({ ...desk(on.name('dollars'), asked), tools: [find], ceilings })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'exhausted', meter: 'usd', limit: 30_000 })
    const row = await on.ledger.run({ runId: run.id })
    expect(row?.meters.usd?.used).toBeLessThanOrEqual(30_000)
    expect(asked.requests.length).toBeGreaterThan(1)
    expect(await entriesOf(on.ledger, run.id, 'begin')).toHaveLength(asked.requests.length * 2)
  })
})
