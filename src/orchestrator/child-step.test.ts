import { describe, expect, it } from 'vitest'
import { FamilyByHand } from '../../test/family-by-hand.js'
import type { Ctx } from './ctx-types.js'

const scene = new FamilyByHand()
const { reader } = scene
const named = scene.named.bind(scene)
const played = scene.played.bind(scene)
const childrenOf = (runId: string) => scene.hand.ledger.children({ runId, limit: 100 })
const kindsOf = async (runId: string) => (await scene.hand.ledger.journal({ runId })).map((e) => e.kind)

describe('a run that calls another', () => {
  it('parks until that has ended, and is given its outcome as a value', async () => {
    const root = named('root', (ctx) => ctx.agent(reader, { id: 'a' }))
    const { id, outcome } = await played(root, reader)
    expect(outcome).toEqual({ status: 'completed', output: { status: 'completed', output: 'a!' } })
    const [child] = await childrenOf(id)
    expect(child).toMatchObject({ agent: 'reader', parent: { runId: id, step: 'reader#1' }, depth: 1, ancestors: [id] })
    expect(await kindsOf(id)).toEqual(['admit', 'claim', 'note', 'park', 'claim', 'note', 'end'])
  })

  it.each([
    ['refused', named('reader', async (ctx) => ctx.refuse('policy', 'no')), { status: 'refused', say: 'no' }],
    ['handed over', named('reader', async (ctx) => ctx.handOver('ann', 'look')), { status: 'handed_over', to: 'ann' }],
    ['failed', named('reader', () => Promise.reject(new Error('boom'))), { status: 'failed', message: 'boom' }],
  ])('goes on from one that was %s', async (_, child, value) => {
    const root = named('root', async (ctx) => [await ctx.agent(child, {}), await ctx.agent(reader, { id: 'b' })])
    const { outcome } = await played(root, child)
    expect(outcome).toMatchObject({ status: 'completed', output: [value, { status: value.status }] })
  })

  it('works several side by side, and asks for what does not fit at once', async () => {
    const root = named('root', (ctx) => ctx.all(['a', 'b', 'c'].map((id) => async (c: Ctx) => c.agent(reader, { id }))))
    const { id, outcome } = await played(root, reader)
    expect(outcome).toMatchObject({ output: ['a', 'b', 'c'].map((x) => ({ status: 'completed', output: `${x}!` })) })
    expect((await kindsOf(id)).filter((kind) => kind === 'park').length).toBeLessThanOrEqual(3)
    const wrong = named('wrong', (ctx) => ctx.agent(reader, { id: 7 as never }))
    const second = await played(wrong, reader)
    expect(second.outcome).toMatchObject({ status: 'failed', code: 'invalid_input' })
    expect(await childrenOf(second.id)).toEqual([])
  })

  it('a child has less time than its parent, and its parent its principal and tenant', async () => {
    const slow = named('reader', (ctx) => ctx.sleep('9m'))
    const root = named('root', async (ctx) => [await ctx.agent(slow, {})], { deadline: '1m' })
    const mw = await scene.hand.runtime([root, slow])
    const { id } = await mw.start(root, { input: {}, tenant: 'acme', principal: 'ann' })
    const outcome = await scene.hand.outcome(mw, id, 500)
    expect(outcome).toMatchObject({ status: 'completed', output: [{ status: 'exhausted', meter: 'deadline' }] })
    expect((await childrenOf(id))[0]).toMatchObject({ tenant: 'acme', principal: 'ann', session: null })
  })

  it('goes so deep as the policy of each run above allows', async () => {
    const leaf = named('leaf', async () => 'deep')
    const middle = named('middle', (ctx) => ctx.agent(leaf, {}), { depth: 5 })
    const root = (depth: number) => named('root', (ctx) => ctx.agent(middle, {}), { depth })
    const shallow = await played(root(1), middle, leaf)
    expect(shallow.outcome).toMatchObject({
      output: { output: { status: 'exhausted', meter: 'depth', limit: 1, used: 2 } },
    })
    const none = await played(root(0), middle, leaf)
    expect(none.outcome).toMatchObject({ output: { status: 'exhausted', meter: 'depth', limit: 0 } })
    expect(await childrenOf(none.id)).toEqual([])
  })
})
