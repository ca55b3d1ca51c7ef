import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
  ...{ name: 'act', description: 'Acts.', input: z.object({ id: z.string() }), effect: 'read', timeout: '30s' },
  execute: async ({ id }) => {
    acts.push(id)
    return `${id}!`
  },
})
const any = z.object({ id: z.string().optional() })
const named = (name: string, run: (ctx: Ctx, input: { id?: string | undefined }) => Promise<unknown>, limits = {}) =>
  flow({ name, version: 1, input: any, ceilings: { run: { deadline: '10m', ...limits } }, run })
const reader = named('reader', async (ctx, { id }) => ctx.tool(act, { id: id ?? 'x' }))

async function played(...flows: ReturnType<typeof named>[]) {
  const mw = await hand.runtime(flows)
  const [root] = flows
  if (!root) throw new Error('no flow')
  const { id } = await mw.start(root, { input: {} })
  return { mw, id, outcome: await hand.outcome(mw, id, 200) }
}

describe('ceilings above a run', () => {
  it('a ceiling that it names holds for all below it, and a share of what is left for one child', async () => {
    const busy = named('reader', async (ctx) => {
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await ctx.tool(act, { id })
      return 'all'
    })
    const root = named('root', async (ctx) => [await ctx.agent(busy, {}), await ctx.try.tool(act, { id: 'g' })], {
      tool_calls: 4,
    })
    const { id, outcome } = await played(root, busy)
    const full = { status: 'exhausted', meter: 'tool_calls', used: 4, limit: 4 }
    expect(outcome).toEqual({ status: 'completed', output: [full, full] })
    expect(acts).toEqual(['a', 'b', 'c', 'd'])
    expect((await hand.ledger.run({ runId: id }))?.meters.tool_calls).toEqual({ used: 4, reserved: 0 })
    acts = []
    const shared = named('sharing', (ctx) => ctx.agent(busy, {}, { share: 0.5 }), { tool_calls: 4 })
    const half = await played(shared, busy)
    expect(half.outcome).toMatchObject({ output: { ...full, used: 2, limit: 2 } })
    expect(acts).toEqual(['a', 'b'])
  })

  it('counts each call as a step, so that a loop of calls ends', async () => {
    const root = named(
      'root',
      async (ctx) => {
        for (let n = 0; ; n += 1) {
          const outcome = await ctx.agent(reader, { id: `${n}` })
          if (outcome.status !== 'completed') return outcome
        }
      },
      { steps: 6 },
    )
    const { outcome } = await played(root, reader)
    expect(outcome).toMatchObject({ output: { status: 'exhausted', meter: 'steps' } })
    expect(acts.length).toBeLessThan(6)
  })
})
