import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { meter } from '../tools/meter.js'
import { tool } from '../tools/tool.js'
import { flow } from './flow.js'

const postedUsd = meter('flow_posted_usd', 'usd')
let hand: ByHand
let acts: string[]
beforeEach(() => {
  hand = new ByHand()
  acts = []
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

/** Posts a letter; its answer is lost where it is told so, and its check knows. */
const posting = (lost: boolean) =>
  tool({
    name: 'post',
    description: 'Posts a letter.',
    input: z.object({ id: z.string() }),
    effect: 'checked',
    timeout: '2s',
    meters: { [postedUsd.name]: () => 1.5 },
    check: async ({ id }) => ({ did: 'happen', result: { id } }),
    execute: async ({ id }) => {
      acts.push(id)
      if (lost) throw new Error('connection reset')
      return { id }
    },
  })
const base = { name: 'letters', version: 1, input: z.object({}) } as const

it('a ceiling on a meter of a declared tool ends the flow before the call that would pass it', async () => {
  const post = posting(false)
  const f = flow({
    ...base,
    tools: [post],
    ceilings: { run: { flow_posted_usd: 3 } },
    run: async (ctx) => {
      for (const id of ['a', 'b', 'c']) await ctx.tool(post, { id })
      return 'all'
    },
  })
  const mw = await hand.runtime([f])
  const run = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, run.id)).toMatchObject({ status: 'exhausted', meter: 'flow_posted_usd' })
  expect(acts).toEqual(['a', 'b'])
  expect((await hand.ledger.run({ runId: run.id }))?.meters.flow_posted_usd?.used).toBe(3_000_000)
})

it('a tool that is not declared works as before', async () => {
  const f = flow({ ...base, run: async (ctx) => (await ctx.tool(posting(false), { id: 'a' })).id })
  const mw = await hand.runtime([f])
  const run = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, run.id)).toEqual({ status: 'completed', output: 'a' })
})

it.each([true, false])('a doubt left after the end is checked where the tool is declared: %s', async (declared) => {
  const post = posting(true)
  const f = flow({
    ...base,
    ...(declared && { tools: [post] }),
    run: (ctx) =>
      ctx.all([
        (c) => c.tool(post, { id: 'a' }),
        async (c) => {
          await c.sleep('100ms')
          return Promise.reject(new Error('boom'))
        },
      ]),
  })
  const mw = await hand.runtime([f])
  const run = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, run.id)).toMatchObject({ status: 'failed' })
  const settled = async () => (await hand.ledger.run({ runId: run.id }))?.open.length === 0
  const asked = async () => (await hand.ledger.escalations({ state: 'open', runId: run.id })).length === 1
  await hand.until(declared ? settled : asked)
  expect([await settled(), await asked()]).toEqual([declared, !declared])
  expect(acts).toEqual(['a'])
})

it('a question opens, and its answer is heard, while a sister branch is still at work', async () => {
  let letGo: (value: string) => void = () => undefined
  const long = tool({
    name: 'long',
    description: 'Takes its time.',
    input: z.object({}),
    effect: 'read',
    timeout: '10m',
    execute: () =>
      new Promise<string>((resolve) => {
        letGo = resolve
      }),
  })
  const order: string[] = []
  const f = flow({
    ...base,
    run: (ctx) =>
      ctx.all([
        async (c) => order.push(await c.tool(long, {})),
        async (c) => {
          const ask = { question: 'Which?', answer: z.string(), to: 'ann', within: '5m', otherwise: 'none' } as const
          order.push(await c.ask(ask))
          order.push(await c.ask({ ...ask, within: '1m' }))
        },
      ]),
  })
  const mw = await hand.runtime([f])
  const run = await mw.start(f, { input: {} })
  const id = await hand.question(run.id)
  expect(await hand.ledger.run({ runId: run.id })).toMatchObject({ state: 'running' })
  await hand.ledger.answer({ id, decision: 'answer', by: 'ann', result: '"red"' })
  await hand.until(() => order.length === 1)
  expect(order).toEqual(['red'])
  // The second question is answered by nobody; its time runs out beside the sister, too.
  await hand.question(run.id)
  await hand.until(() => order.length === 2, 1_000)
  expect(await hand.ledger.run({ runId: run.id })).toMatchObject({ state: 'running' })
  letGo('long')
  expect(await hand.outcome(mw, run.id)).toMatchObject({ status: 'completed' })
  expect(order).toEqual(['red', 'none', 'long'])
  const notices = (await hand.ledger.notices({ limit: 10, retryAfterMs: 0 })).filter((n) => n.kind === 'escalation')
  expect(notices).toHaveLength(2)
})
