import { type Ctx, flow } from 'midwatch'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readRuns } from '../src/core/invariants/read.js'
import type { Outcome } from '../src/core/states.js'
import type { ModelPort } from '../src/models/port.js'
import type { Midwatch } from '../src/runtime.js'
import { type Reply, scriptedModel } from '../src/testing/index.js'
import { BUILT_IN_TOOLS } from '../src/tools/tool.js'
import { ByHand } from './by-hand.js'
import { RunPages } from './pages/loaded.js'
import type { Anything } from './replay.js'

const pages = new RunPages()
afterAll(() => pages.close())

let hand = new ByHand()
afterEach(async () => {
  await hand.stop()
  hand = new ByHand()
})

const calls = (name: string, input: object): Reply => ({ toolCalls: [{ name, input }] })
const completes = (outcome: unknown): Reply =>
  calls('complete', typeof outcome === 'object' && outcome !== null ? outcome : { outcome })
const says = (...replies: Reply[]): ModelPort => scriptedModel({ replies })
/** Orders, mails and rooms of a page: each call, as it came in. */
const witness = () => {
  const seen: unknown[][] = []
  const act =
    <T>(name: string, result: T) =>
    async (...args: unknown[]): Promise<T> => {
      seen.push([name, ...args])
      return result
    }
  return { seen, act }
}

type Page<N extends string> = Readonly<Record<N, Anything>>

async function outcomeOf(agent: Anything, input: unknown): Promise<Outcome<unknown>> {
  const mw = await hand.runtime([agent])
  const run = await mw.start(agent, { input: input as never })
  return hand.outcome(mw, run.id)
}

/** What the page on the past imports, as a module beside it. */
async function refundDeskBeside(): Promise<Page<'refundDesk'>> {
  pages.beside('agents.ts', REFUND_DESK)
  return pages.module<Page<'refundDesk'>>('agents.ts')
}
const REFUND_DESK = `
import { agent, tool } from 'midwatch'
import { scriptedModel } from 'midwatch/testing'
import { z } from 'zod'
const issueRefund = tool({
  name: 'issue_refund', description: 'Refunds an order.', input: z.object({ orderId: z.string(), amount: z.number() }),
  effect: 'keyed', keyRemembered: '1d', execute: async () => ({ refundId: 'R7' }),
})
const replies = [
  { toolCalls: [{ name: 'issue_refund', input: { orderId: 'W1', amount: 60 } }] },
  { toolCalls: [{ name: 'complete', input: { resolution: 'paid back' } }] },
]
export const refundDesk = agent({
  name: 'refund-desk', version: 1, model: scriptedModel({ replies }), input: z.object({ message: z.string() }),
  outcome: z.object({ resolution: z.string() }), instructions: 'Resolve it.', tools: [issueRefund],
})
`

describe('the code of a page is run', () => {
  it('approvals: two people are asked, and what was approved is done once', async () => {
    const { seen, act } = witness()
    const { treasurer } = await pages.load<Page<'treasurer'>>('docs/approvals.md', {
      model: says(calls('transfer', { to: 'acme', amount: 5 }), completes('paid')),
      bank: { transfer: act('transfer', { id: 'T1' }) },
    })
    const mw = await hand.runtime([treasurer])
    const run = await mw.start(treasurer, { input: 'Pay acme.' })
    const id = await hand.question(run.id)
    const yes = (by: string) => hand.ledger.answer({ id, decision: 'approve', by })
    expect((await yes('ann')).code).toBe('ok')
    expect(seen).toEqual([])
    expect((await yes('bob')).code).toBe('ok')
    expect(await hand.outcome(mw, run.id)).toEqual({ status: 'completed', output: 'paid' })
    expect(seen).toEqual([['transfer', 'acme', 5, expect.any(String)]])
  })

  it('approvals: what nobody answers is closed by its default', async () => {
    const { closing } = await pages.load<Page<'closing'>>('docs/approvals.md', { model: says() })
    const mw = await hand.runtime([closing])
    const run = await mw.start(closing, { input: { month: 'May' } })
    await hand.question(run.id)
    hand.skip(9 * 3_600_000)
    expect(await hand.outcome(mw, run.id)).toMatchObject({ status: 'completed', output: { close: false } })
  })

  it('confidence: what a verifier doubts is not done, and who agrees with itself is believed', async () => {
    const refund = calls('issue_refund', { orderId: 'W1', amount: 20 })
    const large = says(refund, completes({ resolution: 'I could not.' }))
    const small = says(calls('assess', { confidence: 0.2, why: 'Nothing bears it out.' }))
    const { desk } = await pages.load<Page<'desk'>>('docs/confidence.md', { large, small })
    expect(await outcomeOf(desk, { message: 'Refund me.' })).toMatchObject({ status: 'completed' })
    const [run] = await hand.ledger.runs({})
    const begins = (await hand.ledger.journal({ runId: run?.runId ?? '' })).filter((e) => e.kind === 'begin')
    expect(begins.filter((e) => e.body?.includes('issue_refund') && e.body.includes('"key"'))).toEqual([])
    const sure = scriptedModel({ replies: () => completes({ answer: 'yes' }) })
    const { careful } = await pages.load<Page<'careful'>>('docs/confidence.md', { large: sure, small })
    expect(await outcomeOf(careful, { message: 'Is it open?' })).toMatchObject({ output: { answer: 'yes' } })
    expect(sure.requests.length).toBeGreaterThanOrEqual(5)
  })

  it('drift and signals: its policies are taken, and a call that is made again and again ends the run', async () => {
    const { desk } = await pages.load<Page<'desk'>>('docs/drift.md', {
      model: says(completes({ resolution: 'Done.' })),
    })
    expect(await outcomeOf(desk, { message: 'Hello' })).toMatchObject({ status: 'completed' })
    const model = scriptedModel({ replies: () => calls('find_order', { id: 'W1' }) })
    const signals = await pages.load<Page<'desk'>>('docs/signals.md', { model })
    expect(await outcomeOf(signals.desk, { message: 'Where is it?' })).toMatchObject({ rule: 'signals.same_call' })
  })

  it('events: a delivery becomes the input that the page says', async () => {
    const { restock, default: config } = await pages.load<Page<'restock'> & { default: Anything }>(
      'docs/events.md',
      {},
      1,
    )
    expect(await outcomeOf(restock, { sku: 'A1' })).toEqual({ status: 'completed', output: { sku: 'A1' } })
    const { input } = (config as unknown as Config).http.webhooks.shop
    expect(input({ type: 'stock.low', sku: 'A1' })).toEqual({ sku: 'A1' })
    expect(input({ type: 'stock.high', sku: 'A1' })).toBeUndefined()
    const { transport } = await pages.load<{ transport: object }>('docs/events.md', {}, 0)
    expect(transport).toHaveProperty('reconnectToStream')
  })

  it('mcp: tools of servers are declared without a server', async () => {
    const { files, grafana } = await pages.load<Record<string, object>>('docs/mcp.md')
    expect([files, grafana].map((one) => typeof one)).toEqual(['object', 'object'])
  })

  it('stages: no refund before the order was found, and is paid', async () => {
    const { seen, act } = witness()
    const refund = calls('issue_refund', { orderId: 'W1', amount: 20 })
    const next = calls(BUILT_IN_TOOLS.goToStage, { stage: 'resolve' })
    const { desk } = await pages.load<Page<'desk'>>('docs/stages.md', {
      model: says(refund, calls('find_order', { id: 'W1' }), next, refund, completes({ resolution: 'Done.' })),
      orders: { find: act('find', { id: 'W1', paid: true }) },
      payments: { refund: act('refund', { id: 'R1' }) },
    })
    expect(await outcomeOf(desk, { message: 'Refund W1.' })).toMatchObject({ status: 'completed' })
    expect(seen.map(([name]) => name)).toEqual(['find', 'refund'])
  })

  it('undo: what was booked is cancelled when nobody says go', async () => {
    const { seen, act } = witness()
    const { trip } = await pages.load<Page<'trip'>>('docs/undo.md', {
      model: says(),
      rooms: { book: act('book', { booking: 'B1', paid: 80 }), cancel: act('cancel', { refunded: 80 }) },
    })
    const mw = await hand.runtime([trip])
    const run = await mw.start(trip, { input: { trip: 't1' } })
    await hand.question(run.id)
    hand.skip(2 * 3_600_000)
    expect(await hand.outcome(mw, run.id)).toMatchObject({ output: { remains: [] } })
    expect(seen.map((one) => one.slice(0, 2))).toEqual([
      ['book', 't1'],
      ['cancel', 'B1'],
    ])
  })

  it('choosing ceilings: a refund within them is made, one above asks a person', async () => {
    const { desk } = await pages.load<{ desk: (model: ModelPort) => Anything }>('docs/guides/choosing-ceilings.md')
    const refund = (orderId: string, amount: number) => calls('issue_refund', { orderId, amount })
    const agent = desk(says(refund('W1', 150), refund('W2', 51), completes({ resolution: 'Done.' })))
    const mw = await hand.runtime([agent])
    const run = await mw.start(agent, { input: { message: 'Refund W1.' } as never })
    const id = await hand.question(run.id)
    expect((await hand.ledger.escalations({ id }))[0]).toMatchObject({ chain: [{ to: 'finance' }] })
  })

  it('sessions: a message is worked, a session keeps its state, and closes', async () => {
    const model = scriptedModel({ replies: () => completes({ resolution: 'Done.' }) })
    const { desk, cart, ...page } = await pages.load<Page<'desk' | 'cart'> & Conversations>('docs/sessions.md', {
      model,
      small: model,
    })
    const mw = await hand.runtime([desk, cart])
    await hand.during(page.hear(mw))
    for (const [no, add] of ['a', 'b'].entries()) {
      const run = await mw.send(cart, 'bob', { add }, { key: `k${no}` })
      expect(await hand.outcome(mw, run.id)).toMatchObject({ output: no + 1 })
    }
    const run = await mw.send(desk, 'ann', { message: 'And W8?' }, { key: 'mail-19', tenant: 'acme' })
    await hand.outcome(mw, run.id)
    await hand.during(page.settle(mw, run.id))
    expect(await mw.session('ann', { tenant: 'acme' }).read()).toMatchObject({ state: { value: { turns: 2 } } })
    expect(page.memory.summary.above).toBe(12_000)
  })

  it('sub-agents: what a reader finds is what its parents give, by call, in a race and in a map', async () => {
    const model = scriptedModel({ replies: () => completes({ facts: ['one', 'two'] }) })
    const page = await pages.load<Page<'reader' | 'digest' | 'nightly' | 'poll'> & { soonest: Soonest }>(
      'docs/sub-agents.md',
      { model },
    )
    const race = flow({
      ...{ name: 'race', version: 1, input: z.object({}) },
      run: (ctx) => page.soonest(ctx, ['https://a.example', 'https://b.example']),
    })
    const mw = await hand.runtime([page.reader, page.digest, page.nightly, page.poll, race])
    const outcome = async (agent: Anything, input: object) =>
      hand.outcome(mw, (await mw.start(agent, { input: input as never })).id)
    expect(await outcome(page.digest, { url: 'https://a.example' })).toMatchObject({
      output: { facts: ['one', 'two'] },
    })
    expect(await outcome(race, {})).toMatchObject({ output: ['one', 'two'] })
    expect(await outcome(page.nightly, { day: 'mon' })).toMatchObject({ output: { facts: 4, failed: [] } })
    const { id } = await mw.start(page.poll, { input: { round: 999 } })
    await hand.until(async () => (await hand.ledger.run({ runId: id }))?.waits !== null)
    hand.skip(3_600_000)
    await hand.until(async () => (await hand.ledger.run({ runId: id }))?.continuedAs != null)
    hand.skip(3_600_000)
    expect(await hand.outcome(mw, id)).toMatchObject({ output: { rounds: 1_000 } })
  })

  it('looking back: nothing changes under the same policy, and a fork goes on with another model', async () => {
    const { refundDesk } = await refundDeskBeside()
    const mw = await hand.runtime([refundDesk])
    const run = await mw.start(refundDesk, { input: { message: 'Refund W1.' } })
    expect(await hand.outcome(mw, run.id)).toMatchObject({ status: 'completed' })
    for await (const { facts } of readRuns(hand.ledger, { runId: run.id }))
      pages.beside('run.json', JSON.stringify({ form: 'midwatch.run/1', ...facts }))
    const { changed } = await pages.load<{ changed: unknown[] }>('docs/past.md', {}, 0)
    expect(changed).toEqual([])
    const { forked } = await pages.load<{ forked: { outcome: unknown } }>('docs/past.md', {}, 1)
    expect(forked.outcome).toMatchObject({ status: 'refused', reason: 'policy' })
  })

  it('effects and keys: the refund of one message is made once, however often it is asked for', async () => {
    const { issueRefund, payments } = await pages.load<Page<'issueRefund'> & { payments: Payments }>(
      'docs/guides/effects-and-keys.md',
    )
    const twice = flow({
      name: 'twice',
      version: 1,
      input: z.object({ key: z.string() }),
      run: async (ctx) => {
        const input = { orderId: 'W1', amount: 20 }
        const first = await ctx.tool(issueRefund as never, input as never)
        return [first, await ctx.tool(issueRefund as never, input as never)]
      },
    })
    const outcome = await outcomeOf(twice, { key: 'mail-1' })
    expect(outcome).toMatchObject({ status: 'completed', output: [{ id: 'R1' }, { id: 'R1' }] })
    expect(await payments.find('nothing')).toBeUndefined()
  })
})

interface Config {
  readonly http: { readonly webhooks: { readonly shop: { input(payload: unknown): unknown } } }
}
interface Conversations {
  hear(mw: Midwatch): Promise<void>
  settle(mw: Midwatch, runId: string): Promise<void>
  readonly memory: { readonly summary: { readonly above: number } }
}
type Soonest = (ctx: Ctx, urls: readonly [string, string]) => Promise<readonly string[] | null>
interface Payments {
  find(key: string): Promise<unknown>
}
