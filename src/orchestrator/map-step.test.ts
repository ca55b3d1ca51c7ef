import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { MidwatchError } from '../core/errors.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { tool } from '../tools/tool.js'
import type { Ctx } from './ctx-types.js'
import { flow } from './flow.js'
import { Journal } from './journal.js'

let hand: ByHand
let acts: string[]
let most: number
beforeEach(() => {
  hand = new ByHand()
  acts = []
  most = 0
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

let now = 0
const work = tool({
  ...{
    name: 'work',
    description: 'Works a row.',
    input: z.object({ id: z.string() }),
    effect: 'checked',
    timeout: '9s',
  },
  check: async () => ({ did: 'not_happen' }),
  execute: async ({ id }) => {
    now += 1
    most = Math.max(most, now)
    await hand.clock.sleep(50)
    now -= 1
    acts.push(id)
    return `${id}!`
  },
})
const ids = (count: number) => Array.from({ length: count }, (_, n) => `r${String(n).padStart(4, '0')}`)
const over = (run: (ctx: Ctx) => Promise<unknown>, limits = {}) =>
  flow({ name: 'batch', version: 1, input: z.object({}), ceilings: { run: { deadline: '1h', ...limits } }, run })
const each = (ctx: Ctx, id: string) => ctx.tool(work, { id })

async function played(f: ReturnType<typeof over>) {
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  return { mw, id, outcome: await hand.outcome(mw, id, 100), entries: await hand.ledger.journal({ runId: id }) }
}

it('works each row in a run of its own, so many at a time, and gives results in order of the rows', async () => {
  const rows = ids(23)
  const f = over((ctx) => ctx.map(rows, { atOnce: 4, key: (id) => id }, each))
  const { id, outcome } = await played(f)
  expect(outcome).toEqual({ status: 'completed', output: { done: rows.map((row) => `${row}!`), not: [] } })
  expect([acts.length, most]).toEqual([23, 4])
  const children = await hand.ledger.children({ runId: id, limit: 100 })
  expect(children.map((c) => [c.groupNo, c.parent])).toEqual(rows.map((_, n) => [n + 1, { runId: id, step: 'map#1' }]))
})

it('its journal does not grow with the rows', async () => {
  const lengths: number[] = []
  for (const count of [3, 300]) {
    const f = over((ctx) => ctx.map(ids(count), { atOnce: 50, key: (id) => id }, async (_, id) => id))
    lengths.push((await played(f)).entries.length)
  }
  expect(lengths[0]).toBe(lengths[1])
})

it('names the rows that came to nothing, each with how it ended', async () => {
  const f = over((ctx) =>
    ctx.map(ids(4), { atOnce: 2, key: (id) => `row:${id}` }, async (c, id) => {
      if (id === 'r0001') throw new Error('boom')
      return id === 'r0002' ? c.handOver('ann', 'odd') : id
    }),
  )
  const { outcome } = await played(f)
  expect(outcome).toEqual({
    status: 'completed',
    output: {
      done: ['r0000', 'r0003'],
      not: [
        {
          key: 'row:r0001',
          outcome: { status: 'failed', code: 'flow_threw', owner: 'orchestration', message: 'boom' },
        },
        { key: 'row:r0002', outcome: { status: 'handed_over', to: 'ann', note: 'odd' } },
      ],
    },
  })
})

it('keeps a large result as a blob, and a flow gets it whole', async () => {
  const f = over(async (ctx) => {
    const mapped = await ctx.map(ids(400), { atOnce: 100, key: (id) => id }, async (_, id) => id.repeat(40))
    return mapped.done.map((text) => text.length).reduce((a, b) => a + b)
  })
  const { outcome, entries } = await played(f)
  expect(outcome).toEqual({ status: 'completed', output: 400 * 200 })
  const notes = entries.map((e) => JSON.parse(e.body || '{}')).filter((body) => body.about === 'mapping')
  expect(notes.at(-1)).toMatchObject({ final: { output: { blob: expect.any(String) } }, detail: { rows: 400, not: 0 } })
})

it('takes rows as they are read, and none twice', async () => {
  async function* pages(ctx: Ctx) {
    for (let page = 0; page < 5; page += 1) {
      const rows = await ctx.read('page', async () => ids(30).map((id) => `${page}${id}`))
      yield* rows
    }
  }
  const f = over((ctx) => ctx.map(pages(ctx), { atOnce: 20, key: (id) => id }, each))
  const { outcome } = await played(f)
  expect(outcome).toMatchObject({ output: { done: { length: 150 }, not: [] } })
  expect(new Set(acts).size).toBe(150)
})

it('a map of nothing is done at once', async () => {
  const f = over((ctx) => ctx.map([], { atOnce: 1, key: String }, async () => 1))
  const { outcome } = await played(f)
  expect(outcome).toEqual({ status: 'completed', output: { done: [], not: [] } })
})

it.each([
  ['two rows under one key', ['a', 'a'], 2, String, "the key 'a'"],
  ['a key that is none', ['a'], 2, () => '', 'key of row 1'],
  ['no place for anybody', ['a'], 0, String, 'atOnce'],
])('%s: the flow is told', async (_, rows, atOnce, key, said) => {
  const f = over((ctx) => ctx.map(rows, { atOnce, key }, async () => 1))
  const { outcome } = await played(f)
  expect(outcome).toMatchObject({ status: 'failed', code: 'invalid_input', message: expect.stringContaining(said) })
})

it('an item may map and call others itself', async () => {
  const f = over((ctx) =>
    ctx.map(['a', 'b'], { atOnce: 2, key: String }, async (c, outer) => {
      const inner = await c.map(['x', 'y'], { atOnce: 1, key: String }, async (d, id) => each(d, `${outer}${id}`))
      return inner.done
    }),
  )
  const { outcome } = await played(f)
  expect(outcome).toMatchObject({
    output: {
      done: [
        ['ax!', 'ay!'],
        ['bx!', 'by!'],
      ],
    },
  })
})

/** A run that maps, in a worker that works nothing else. */
async function mapping(f: ReturnType<typeof over>): Promise<string> {
  const mw = await hand.runtime([f], {}, '4d', 64, false)
  const { id } = await mw.start(f, { input: {} })
  await mw.advance(id)
  expect((await hand.ledger.run({ runId: id }))?.waits).toBe('map:map#1')
  return id
}

it('a worker that never had the parent finds what to do by its journal, and performs nothing of it', async () => {
  const reads: string[] = []
  const f = over(async (ctx) => {
    const day = await ctx.read('day', async () => {
      reads.push('day')
      return 'monday'
    })
    return ctx.map(ids(6), { atOnce: 6, key: (id) => id }, async (c, id) => each(c, `${day}/${id}`))
  })
  const id = await mapping(f)
  const second = await hand.runtime([f])
  expect(await hand.outcome(second, id, 100)).toMatchObject({ output: { done: { length: 6 } } })
  expect([reads, new Set(acts).size, acts[0]]).toEqual([['day'], 6, 'monday/r0000'])
})

it('goes on with the rows where whoever admitted them was interrupted, and tells how far that was', async () => {
  const { admitAll } = hand.ledger
  let cuts = 0
  hand.ledger.admitAll = async (all) => {
    const admitted = await admitAll(all)
    if (cuts === 2) return admitted
    cuts += 1
    throw new MidwatchError('ledger_away', 'The answer was lost.')
  }
  const f = over((ctx) => ctx.map(ids(700), { atOnce: 100, key: (id) => id }, async (_, id) => id))
  const { outcome, entries } = await played(f)
  expect(outcome).toMatchObject({ output: { done: { length: 700 }, not: [] } })
  const notes = entries.map((e) => JSON.parse(e.body || '{}')).filter((body) => body.about === 'mapping')
  expect(notes.map(({ detail }) => detail.admitted).filter(Boolean)).toEqual([256, 512])
})

it('workers that die over it count towards no dead letter while it comes further', () => {
  const journal = new Journal()
  const entry = (kind: string, body = {}) =>
    journal.fold({ kind, seq: 1, at: 0, ref: null, facts: {}, body: JSON.stringify(body) } as never)
  for (const _ of [1, 2, 3]) entry('claim')
  expect(journal.deaths.count).toBe(2)
  entry('note', { about: 'mapping', step: 'map#1', detail: { admitted: 256 } })
  expect(journal.deaths.count).toBe(0)
})

it('an item whose map the code no longer comes to is listed, and not guessed', async () => {
  const before = over((ctx) => ctx.map(['a'], { atOnce: 1, key: String }, each))
  const after = over((ctx) => ctx.sleep('1s').then(() => null))
  const id = await mapping(before)
  await hand.runtime([after])
  const waits = async () => (await hand.ledger.children({ runId: id, limit: 1 }))[0]?.waits ?? ''
  await hand.until(async () => (await waits()).startsWith('mismatch:'))
})
