import { describe, expect, it } from 'vitest'
import { FamilyByHand } from '../../test/family-by-hand.js'

const scene = new FamilyByHand()
const { act, reader } = scene
const named = scene.named.bind(scene)
const played = scene.played.bind(scene)

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
    expect(scene.acts).toEqual(['a', 'b', 'c', 'd'])
    expect((await scene.hand.ledger.run({ runId: id }))?.meters.tool_calls).toEqual({ used: 4, reserved: 0 })
    scene.acts = []
    const shared = named('sharing', (ctx) => ctx.agent(busy, {}, { share: 0.5 }), { tool_calls: 4 })
    const half = await played(shared, busy)
    expect(half.outcome).toMatchObject({ output: { ...full, used: 2, limit: 2 } })
    expect(scene.acts).toEqual(['a', 'b'])
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
    expect(scene.acts.length).toBeLessThan(6)
  })
})
