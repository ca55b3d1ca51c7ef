import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { tool } from '../tools/tool.js'
import type { Ctx } from './ctx-types.js'
import { flow } from './flow.js'

let hand: ByHand
let acts: string[]
let ended: string[]
beforeEach(() => {
  hand = new ByHand()
  acts = []
  ended = []
  void hand.ledger.listen(({ kind, name }) => {
    if (kind === 'ended') ended.push(name)
  })
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const hang = tool({
  ...{ name: 'hang', description: 'Never ends.', input: z.object({}), effect: 'read', timeout: '1d' },
  execute: (_, { signal, runId }) =>
    new Promise<string>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        acts.push(runId)
        reject(signal.reason)
      })
    }),
})
const named = (name: string, run: (ctx: Ctx) => Promise<unknown>, deadline: '10m' | '5s' = '10m') =>
  flow({ name, version: 1, input: z.object({}), ceilings: { run: { deadline } }, run })
const leaf = named('leaf', (ctx) => ctx.tool(hang, {}))
const middle = named('middle', (ctx) => ctx.agent(leaf, {}))

async function started(root: ReturnType<typeof named>) {
  const mw = await hand.runtime([root, middle, leaf])
  const { id } = await mw.start(root, { input: {} })
  const below = async () => [...(await hand.ledger.children({ runId: id, limit: 9 }))]
  return { mw, id, below }
}
async function family(id: string) {
  const found = [await hand.ledger.run({ runId: id })]
  for (const run of found) if (run) found.push(...(await hand.ledger.children({ runId: run.runId, limit: 99 })))
  return found.flatMap((run) => (run ? [run] : []))
}
/** The order in which a family ended, the first that did first. */
async function ends(id: string): Promise<(string | undefined)[]> {
  const all = new Map((await family(id)).map((run) => [run.runId, run.agent]))
  return ended.filter((runId) => all.has(runId)).map((runId) => all.get(runId))
}
const working = async (id: string) => (await family(id)).filter((run) => run.open.length > 0).map((run) => run.agent)

it('a kill of the uppermost ends all below it, the deepest first, and each says why', async () => {
  const root = named('root', (ctx) => ctx.agent(middle, {}))
  const { mw, id } = await started(root)
  await hand.until(async () => (await working(id)).includes('leaf'))
  await hand.ledger.engage({ scope: `run:${id}`, mode: 'end', by: 'ann' })
  expect(await hand.outcome(mw, id, 100)).toEqual({ status: 'killed', scope: `run:${id}`, by: 'ann' })
  expect((await family(id)).map((run) => [run.agent, run.outcome, run.detail])).toEqual(
    ['root', 'middle', 'leaf'].map((agent) => [agent, 'killed', `run:${id}`]),
  )
  expect(await ends(id)).toEqual(['leaf', 'middle', 'root'])
  expect(acts).toHaveLength(1)
})

it('one that fails ends with its own outcome, after what runs below it', async () => {
  const root = named('root', (ctx) =>
    ctx.all([
      (c) => c.agent(middle, {}),
      async (c) => {
        await c.sleep('3s')
        throw new Error('boom')
      },
    ]),
  )
  const { mw, id } = await started(root)
  expect(await hand.outcome(mw, id, 100)).toEqual({
    status: 'failed',
    code: 'flow_threw',
    owner: 'orchestration',
    message: 'boom',
  })
  expect(await ends(id)).toEqual(['leaf', 'middle', 'root'])
  const [child] = await hand.ledger.children({ runId: id, limit: 1 })
  expect(child).toMatchObject({ outcome: 'killed', detail: `run:${id}` })
  const notes = (await hand.ledger.journal({ runId: id })).map((e) => JSON.parse(e.body || '{}'))
  expect(notes.find((note) => note.about === 'winding_down')).toMatchObject({
    detail: { outcome: { message: 'boom' } },
  })
  expect((await hand.ledger.switches())[0]).toMatchObject({ by: `run:${id}`, reason: 'The run above ended: failed.' })
})

it('what runs below is over before the time of the one above is', async () => {
  const late = await started(named('root', (ctx) => ctx.race([(c) => c.agent(middle, {}), (c) => c.sleep('1h')]), '5s'))
  expect(await hand.outcome(late.mw, late.id, 200)).toMatchObject({ status: 'completed' })
  expect(await ends(late.id)).toEqual(['leaf', 'middle', 'root'])
})

it('one that ends without waiting for what it called', async () => {
  const hasty = await started(
    named('root', async (ctx) => {
      void ctx.agent(middle, {})
      await ctx.sleep('2s')
      return 'enough'
    }),
  )
  expect(await hand.outcome(hasty.mw, hasty.id, 100)).toEqual({ status: 'completed', output: 'enough' })
  expect(await ends(hasty.id)).toEqual(['leaf', 'middle', 'root'])
})

it('a branch that lost its race: what it called has ended before the race is over', async () => {
  const root = named('root', async (ctx) => {
    const won = await ctx.race([(c) => c.agent(middle, {}), async (c) => c.sleep('2s').then(() => 'soon')])
    await ctx.sleep('1s')
    return won
  })
  const { mw, id } = await started(root)
  expect(await hand.outcome(mw, id, 100)).toEqual({ status: 'completed', output: 'soon' })
  expect(await ends(id)).toEqual(['leaf', 'middle', 'root'])
  const [child] = await hand.ledger.children({ runId: id, limit: 1 })
  expect(child).toMatchObject({ outcome: 'killed', detail: `run:${child?.runId}` })
})

it('a map that lost its race: those of its rows that had no turn end too', async () => {
  const root = named('root', (ctx) =>
    ctx.race([
      (c) => c.map(['a', 'b', 'c'], { atOnce: 1, key: String }, async (d) => d.tool(hang, {})),
      async (c) => c.sleep('2s').then(() => 'soon'),
    ]),
  )
  const { mw, id } = await started(root)
  expect(await hand.outcome(mw, id, 100)).toEqual({ status: 'completed', output: 'soon' })
  expect((await family(id)).map((run) => run.outcome)).toEqual(['completed', 'killed', 'killed', 'killed'])
})

it('waits so long for what cannot end, and then ends all the same', async () => {
  const root = named('root', async (ctx) => {
    void ctx.agent(
      named('nobody', async () => 1),
      {},
    )
    await ctx.sleep('1s')
    throw new Error('boom')
  })
  const { mw, id } = await started(root)
  expect(await hand.outcome(mw, id, 1_000)).toMatchObject({ status: 'failed', message: 'boom' })
  const [child] = await hand.ledger.children({ runId: id, limit: 1 })
  const [parent] = await family(id)
  expect(child?.state).toBe('queued')
  expect((parent?.endedAt ?? 0) - (parent?.createdAt ?? 0)).toBeGreaterThanOrEqual(60_000)
  expect((parent?.endedAt ?? 0) - (parent?.createdAt ?? 0)).toBeLessThan(70_000)
})
