import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
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

const act = tool({
  ...{ name: 'act', description: 'Acts.', input: z.object({ id: z.string() }), effect: 'checked', timeout: '30s' },
  key: ({ id }, { origin, message }) => `${id}|${origin}|${message.key}`,
  check: async () => ({ did: 'not_happen' }),
  execute: async ({ id }, { key }) => {
    acts.push(key)
    return `${id}!`
  },
})
const counting = (name: string, run: (ctx: Ctx, n: number) => Promise<unknown>) =>
  flow({ name, version: 1, input: z.object({ n: z.number() }), run: (ctx, { n }) => run(ctx, n) })
/** Does one thing a run, three times. */
const stages = counting('stages', async (ctx, n) => {
  await ctx.tool(act, { id: `${n}` })
  return n < 3 ? ctx.continue({ n: n + 1 }) : { done: n }
})
const chainOf = async (id: string) => {
  const chain = [await hand.ledger.run({ runId: id })]
  for (const run of chain) if (run?.continuedAs) chain.push(await hand.ledger.run({ runId: run.continuedAs }))
  return chain.flatMap((run) => (run ? [run] : []))
}

it('the next message of its session waits for the last of the chain', async () => {
  const mw = await hand.runtime([stages])
  const first = await mw.send(stages, 's', { n: 1 }, { key: 'a' })
  const second = await mw.send(stages, 's', { n: 3 }, { key: 'b' })
  expect(await hand.outcome(mw, second.id)).toEqual({ status: 'completed', output: { done: 3 } })
  expect(acts.map((key) => key.split('|')[2])).toEqual(['a', 'a', 'a', 'b'])
  expect(await hand.outcome(mw, first.id)).toMatchObject({ status: 'completed' })
})

