import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { admitted, finalsOf, heir, mortal, outcomeIn } from '../../test/replay.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { tool } from '../tools/tool.js'
import type { Ctx } from './ctx-types.js'
import { flow } from './flow.js'

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

const over = (run: (ctx: Ctx) => Promise<unknown>, version = 1) =>
  flow({ name: 'f', version, input: z.object({}), ceilings: { run: { deadline: '10m' } }, run })
const base = { description: 'Acts.', input: z.object({ id: z.string() }), timeout: '30s' } as const
/** Takes a while, and says when it was told to stop. */
const slow = (ms: number) =>
  tool({
    ...{ ...base, name: 'slow', effect: 'read' },
    execute: ({ id }, { signal }) =>
      new Promise((resolve, reject) => {
        acts.push(`${id} began`)
        void hand.clock.sleep(ms).then(() => resolve(id))
        signal.addEventListener('abort', () => {
          acts.push(`${id} stopped`)
          reject(signal.reason)
        })
      }),
  })
const post = tool({
  ...{ ...base, name: 'post', effect: 'checked' },
  check: async () => ({ did: 'happen', result: 'found' }),
  execute: async ({ id }, { signal }) => {
    acts.push(id)
    return new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  },
})

const quick = tool({ ...{ ...base, name: 'quick', effect: 'read' }, execute: async ({ id }) => `${id}!` })
const never = tool({
  ...{ ...base, name: 'never', effect: 'read' },
  execute: (_, { signal }) =>
    new Promise<string>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
})

async function played(f: ReturnType<typeof over>, stepMs = 50) {
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  const outcome = await hand.outcome(mw, id, stepMs)
  return { id, outcome, entries: await hand.ledger.journal({ runId: id }) }
}
const about = (entries: Awaited<ReturnType<typeof played>>['entries'], what: string) =>
  entries.map((e) => JSON.parse(e.body || '{}')).filter((body) => body.about === what)

it('gives the value of the first to finish, and aborts what the others have under way before', async () => {
  const { outcome, entries } = await played(
    over(async (ctx) => {
      const first = await ctx.race([(c) => c.tool(slow(60_000), { id: 'a' }), (c) => c.tool(slow(500), { id: 'b' })])
      return [first, ...acts]
    }),
  )
  expect(outcome).toEqual({ status: 'completed', output: ['b', 'a began', 'b began', 'a stopped'] })
  expect(about(entries, 'won')).toMatchObject([{ step: 'race#1', final: { output: { first: 1 } } }])
  expect(entries.filter((e) => e.kind === 'settle').map((e) => e.facts.did)).toEqual(['performed', 'failed'])
})

it('wakes nobody who has lost: not a sleeper, not one that waits for a person', async () => {
  const question = { question: 'Well?', answer: z.string(), to: 'ann', within: '1h', otherwise: 'no' } as const
  const { id, outcome, entries } = await played(
    over(async (ctx) => {
      const won = await ctx.race([
        async (c) => c.sleep('5m').then(() => acts.push('late')),
        async (c) => c.ask(question).then(() => acts.push('answered')),
        async (c) => c.sleep('2s').then(() => 'soon'),
      ])
      await ctx.sleep('6m')
      return [won, ...acts]
    }),
    1_000,
  )
  expect(outcome).toEqual({ status: 'completed', output: ['soon'] })
  expect((await hand.ledger.escalations({ runId: id })).map((e) => e.state)).toEqual(['expired'])
  expect(about(entries, 'expired')).toMatchObject([{ detail: { by: 'race' } }])
})

it('leaves a write of a loser in doubt, which is cleared after the end', async () => {
  const f = flow({
    ...{ name: 'f', version: 1, input: z.object({}), tools: [post] },
    run: async (ctx) =>
      ctx.race([(c) => c.tool(post, { id: 'letter' }), async (c) => c.sleep('1s').then(() => 'enough')]),
  })
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, id)).toEqual({ status: 'completed', output: 'enough' })
  expect(await hand.ledger.effects({ runId: id, state: 'doubt' })).toHaveLength(1)
  await hand.until(async () => (await hand.ledger.effects({ runId: id, state: 'performed' })).length === 1)
  expect(acts).toEqual(['letter'])
})

it('a branch that throws first has won: the race throws it', async () => {
  const { outcome } = await played(
    over((ctx) =>
      ctx.race([(c) => c.sleep('1m'), async () => Promise.reject(new Error('boom'))]).catch((error) => error.message),
    ),
  )
  expect(outcome).toEqual({ status: 'completed', output: 'boom' })
})

it('drops what branches off a loser, and races within it', async () => {
  const { outcome } = await played(
    over(async (ctx) => {
      const won = await ctx.race([
        (c) => c.all([(d) => d.sleep('3s'), (d) => d.race([(e) => e.tool(slow(4_000), { id: 'deep' })])]),
        async (c) => c.sleep('2s').then(() => 'two'),
      ])
      await ctx.sleep('10s')
      return [won, ...acts]
    }),
  )
  expect(outcome).toEqual({ status: 'completed', output: ['two', 'deep began', 'deep stopped'] })
})

it.each(['after_begin', 'before_settle', 'after_settle', 'parked'] as const)(
  'whoever takes over from a worker that died %s finds the same branch first',
  async (at) => {
    const f = over(async (ctx) => {
      const won = await ctx.race([
        async (c) => c.tool(never, { id: 'a' }),
        async (c) => c.sleep('60ms').then(() => 'timer'),
      ])
      const then = await ctx.tool(quick, { id: won })
      await ctx.sleep('20ms')
      return then
    })
    for (const hit of [1, 2, 3]) {
      const ledger = memoryLedger()
      const { id } = await admitted(ledger, f)
      const { mw, dead } = await mortal(ledger, [f], at, hit)
      const whole = await Promise.race([dead, mw.run(id).outcome()])
      const next = await heir(ledger, [f])
      expect(await outcomeIn(next, id)).toEqual({ status: 'completed', output: 'timer!' })
      expect(finalsOf(await ledger.journal({ runId: id }))).toEqual([
        ...['race#1.1/sleep#1', 'race#1', 'quick#1', 'sleep#1'],
      ])
      expect((await verifyLedger(ledger)).violations).toEqual([])
      await next.stop()
      if (whole !== undefined) break
    }
  },
)

it('a race without branches is a mistake', async () => {
  const { outcome } = await played(over((ctx) => ctx.race([] as never)))
  expect(outcome).toMatchObject({ status: 'failed', code: 'invalid_input' })
})
