import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { escalate } from '../govern/verdict.js'
import { scriptedModel } from '../testing/scripted-model.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'
import { flow } from './flow.js'

let hand: ByHand
let sent: number[]
let isDead: boolean
beforeEach(() => {
  hand = new ByHand()
  sent = []
  isDead = true
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const find = tool({
  name: 'find',
  description: 'Finds.',
  input: z.object({}),
  effect: 'read',
  execute: async () => {
    sent.push(hand.clock.now())
    if (isDead) throw new Error('connect ECONNREFUSED')
    return 'found'
  },
})
const asking = flow({ name: 'asking', version: 1, input: z.object({}), run: (ctx) => ctx.try.tool(find, {}) })
const states = async () => (await hand.ledger.breakers.moves({ key: 'tool:find' })).map(({ state }) => state)
const notesOf = async (runId: string, about: string) =>
  (await hand.ledger.journal({ runId }))
    .filter(({ kind }) => kind === 'note')
    .map(({ body }) => JSON.parse(body ?? '{}'))
    .filter((note) => note.about === about)

describe('a tool that fails for everybody', () => {
  it('is asked no more once enough calls failed, then by a few, and by all when those succeed; no hand is needed', async () => {
    const mw = await hand.runtime([asking])
    const ids: string[] = []
    for (let n = 0; n < 40; n += 1) ids.push((await mw.start(asking, { input: {} })).id)
    await hand.until(async () => (await states()).includes('open'))
    const atOpening = sent.length
    await hand.until(async () => (await states()).filter((state) => state === 'open').length === 3)
    // Three a round at most, and a minute of an outage.
    expect(sent.length - atOpening).toBeLessThanOrEqual(3 * 2 + 2)
    const waiting = (await hand.ledger.runs({ limit: 100 })).filter(({ state }) => state === 'waiting')
    expect(waiting.map(({ waits }) => waits)).toContain('breaker:tool:find')
    const whileDead = sent.length
    isDead = false
    await hand.until(async () => (await hand.ledger.runs({ limit: 100, states: ['ended'] })).length === 40, 250)
    const moves = await states()
    expect(moves.at(-1)).toBe('closed')
    const [row] = await hand.ledger.breakers.list()
    expect(row).toMatchObject({ state: 'closed', by: 'fleet', reason: '3 probes passed' })
    const outcomes = await Promise.all(ids.map((id) => hand.outcome<{ status: string }>(mw, id)))
    // Who failed had used up three attempts that were sent; none was failed by being held back.
    const failed = outcomes.filter((o) => o.status === 'completed' && o.output.status === 'failed')
    expect(failed.length).toBeLessThanOrEqual(whileDead / 3)
    expect(failed.length).toBeLessThan(ids.length / 2)
  })

  it('each wait has a name and its numbers, once for each state', async () => {
    await hand.ledger.breakers.isolate({ key: 'tool:find', by: 'ann' })
    const mw = await hand.runtime([asking])
    const { id } = await mw.start(asking, { input: {} })
    await hand.until(async () => (await hand.ledger.run({ runId: id }))?.state === 'waiting')
    await hand.clock.advance(90_000)
    expect(sent).toEqual([])
    expect(await notesOf(id, 'outage')).toMatchObject([
      { detail: { cause: 'breaker_open', breaker: 'tool:find', stands: 'isolated', until: null } },
    ])
    isDead = false
    await hand.ledger.breakers.release({ key: 'tool:find', by: 'ann', jitterMs: 0 })
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed', output: { status: 'completed' } })
  })
})

const desk = (name: string, onOutage: object, model = scriptedModel({ replies: calls })) =>
  agent({
    ...{ name, version: 1, model, input: z.object({}), outcome: z.object({ said: z.string() }) },
    ...{ instructions: 'Find it.', tools: [find], onOutage },
  })
const calls = [
  { toolCalls: [{ name: 'find', input: {} }] },
  { toolCalls: [{ name: 'complete', input: { said: 'sorry' } }] },
]

describe('what an agent does meanwhile is its policy', () => {
  beforeEach(async () => {
    await hand.ledger.breakers.isolate({ key: 'tool:find', by: 'ann' })
  })

  it('tell: its model reads that the tool is not called', async () => {
    const a = desk('told', { find: 'tell' })
    const mw = await hand.runtime([a])
    const { id } = await mw.start(a, { input: {} })
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed', output: { said: 'sorry' } })
    expect(await notesOf(id, 'failed')).toMatchObject([
      { final: { status: 'failed', code: 'breaker_open', owner: 'tool' } },
    ])
  })

  it('end: the run fails, and the tool owns it', async () => {
    const a = desk('ended', { find: 'end' })
    const mw = await hand.runtime([a])
    const { id } = await mw.start(a, { input: {} })
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'failed', code: 'breaker_open', owner: 'tool' })
    expect(await hand.ledger.run({ runId: id })).toMatchObject({ detail: 'breaker_open', owner: 'tool' })
  })

  it('escalate: a person decides whether it waits', async () => {
    const a = desk('asked', { find: escalate({ to: 'ops', within: '1h', otherwise: 'refuse' }) })
    const mw = await hand.runtime([a])
    const { id } = await mw.start(a, { input: {} })
    const question = await hand.question(id)
    await hand.ledger.answer({ id: question, decision: 'approve', by: 'bob' })
    await hand.until(async () => (await hand.ledger.run({ runId: id }))?.waits === 'breaker:tool:find')
    isDead = false
    await hand.ledger.breakers.release({ key: 'tool:find', by: 'ann', jitterMs: 0 })
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed' })
    expect(sent).toHaveLength(1)
  })

  it('a tool or a meter that it does not have is no policy', () => {
    expect(() => desk('typo', { fnid: 'tell' })).toThrow("onOutage: there is no tool 'fnid'")
  })
})

describe('a model that fails for everybody', () => {
  const done = [{ toolCalls: [{ name: 'complete', input: { said: 'done' } }] }]
  const chain = () =>
    [scriptedModel({ replies: done, name: 'large' }), scriptedModel({ replies: done, name: 'small' })] as const

  it('is passed over for the next one, and the choice is an entry', async () => {
    const [large, small] = chain()
    const a = agent({ ...base('chain'), model: [large, small] })
    await hand.ledger.breakers.isolate({ key: 'model:scripted/large', by: 'ann' })
    const mw = await hand.runtime([a])
    const { id } = await mw.start(a, { input: {} })
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed' })
    expect([large.requests.length, small.requests.length]).toEqual([0, 1])
    expect(await notesOf(id, 'fallback')).toMatchObject([
      { detail: { from: 0, to: 1, model: 'scripted/small', cause: 'breaker_open' } },
    ])
  })

  it('with all of its chain is waited for, and then the first is asked again', async () => {
    const [large, small] = chain()
    const a = agent({ ...base('all'), model: [large, small] })
    for (const name of ['large', 'small'])
      await hand.ledger.breakers.isolate({ key: `model:scripted/${name}`, by: 'ann' })
    const mw = await hand.runtime([a])
    const { id } = await mw.start(a, { input: {} })
    await hand.until(async () => (await hand.ledger.run({ runId: id }))?.waits === 'breaker:model:scripted/small')
    await hand.ledger.breakers.release({ key: 'model:scripted/large', by: 'ann', jitterMs: 0 })
    expect(await hand.outcome(mw, id, 1_000)).toMatchObject({ status: 'completed' })
    expect([large.requests.length, small.requests.length]).toEqual([1, 0])
  })
})

const base = (name: string) => ({
  ...{ name, version: 1, input: z.object({}), outcome: z.object({ said: z.string() }) },
  ...{ instructions: 'Say it.', tools: [] },
})

describe('retries', () => {
  it('of all callers together are a share of the calls; what is beyond waits, and says so', async () => {
    const mw = await hand.runtime([asking], {}, '4d', 64, true, {
      breakers: false,
      retryBudget: { share: 0.1, floor: 5 },
    })
    const ids: string[] = []
    for (let n = 0; n < 30; n += 1) ids.push((await mw.start(asking, { input: {} })).id)
    await hand.until(() => sent.length >= 35)
    await hand.clock.advance(20_000)
    // Thirty first attempts, the floor, and a tenth of the calls at most.
    expect(sent.length).toBeLessThanOrEqual(30 + 5)
    const waits = (await hand.ledger.runs({ limit: 100 })).map((run) => run.waits)
    expect(waits).toContain('retry_budget:tool:find')
    const noted = await Promise.all(ids.map((id) => notesOf(id, 'outage')))
    expect(noted.flat()[0]).toMatchObject({ detail: { cause: 'retry_budget', retries: 5, allowed: 5 } })
    isDead = false
    await hand.until(async () => (await hand.ledger.runs({ limit: 100, states: ['ended'] })).length === 30, 250)
  })
})
