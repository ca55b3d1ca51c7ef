import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Ledger } from '../src/core/ledger.js'
import type { Ctx } from '../src/orchestrator/ctx-types.js'
import { flow } from '../src/orchestrator/flow.js'
import { tool } from '../src/tools/tool.js'
import { finalsOf, heir, mortal, outcomeIn } from './replay.js'
import { LEDGERS, openLedger } from './runtime-on.js'

const acts: string[] = []
afterEach(() => {
  acts.length = 0
})

const acting = <const N extends string>(name: N) =>
  tool({
    name,
    description: 'Acts.',
    input: z.object({ on: z.string() }),
    effect: 'keyed',
    keyRemembered: '1h',
    timeout: '300ms',
    execute: async ({ on }) => {
      acts.push(on)
      return on
    },
  })
const act = acting('act')
const other = acting('other')

type Body = (ctx: Ctx) => Promise<unknown>
const version = (run: Body) => flow({ name: 'changing', version: 1, input: z.object({}), run })
const before = version(async (ctx) => {
  await ctx.tool(act, { on: 'a' })
  await ctx.tool(act, { on: 'b' })
  return ctx.tool(act, { on: 'c' })
})

const CHANGED: readonly (readonly [string, string, Body])[] = [
  [
    'asks a step for something else',
    'act#1',
    async (ctx) => {
      await ctx.tool(act, { on: 'changed' })
      await ctx.tool(act, { on: 'b' })
      return ctx.tool(act, { on: 'c' })
    },
  ],
  [
    'leaves a step out',
    'act#2',
    async (ctx) => {
      await ctx.tool(act, { on: 'a' })
      return ctx.tool(act, { on: 'c' })
    },
  ],
  [
    'has a new step before the others',
    'act#1',
    async (ctx) => {
      await ctx.tool(other, { on: 'new' })
      await ctx.tool(act, { on: 'a' })
      return ctx.tool(act, { on: 'b' })
    },
  ],
  ['returns before what was done', 'act#1', async () => 'early'],
  [
    'throws before what was done',
    'act#1',
    async () => {
      throw new Error('too early')
    },
  ],
  [
    'sleeps where it acted',
    'act#1',
    async (ctx) => {
      await ctx.sleep('1ms')
      return ctx.tool(act, { on: 'a' })
    },
  ],
]

/** Waits, by the ledger's own wakes and its polls, until the run is as it should be. */
async function parked(ledger: Ledger, runId: string): Promise<string> {
  for (const until = Date.now() + 15_000; Date.now() < until; ) {
    const run = await ledger.run({ runId })
    if (run?.state === 'waiting' && run.waits?.startsWith('mismatch:')) return run.waits
    if (run?.state === 'ended') return `ended: ${run.outcome}`
    await new Promise((done) => setTimeout(done, 20))
  }
  return JSON.stringify(await ledger.run({ runId }))
}

describe.each(LEDGERS)('code that changed under a run on the %s ledger', (kind) => {
  it.each(CHANGED)('%s: the run is parked, with what was expected, and nothing is performed', async (_, step, body) => {
    const { ledger, close } = await openLedger(kind)
    const first = await mortal(ledger, [before], 'after_begin', 3)
    const { id } = await first.mw.start(before, { input: {} })
    await first.dead
    const changed = version(body)
    expect(changed.definition.fingerprint).toBe(before.definition.fingerprint)
    const second = await heir(ledger, [changed])
    expect(await parked(ledger, id)).toBe(`mismatch:${step}`)
    expect(acts).toEqual(['a', 'b'])
    const entries = await ledger.journal({ runId: id })
    const note = entries.map((e) => JSON.parse(e.body || '{}')).find((b) => b.about === 'mismatch')
    expect(note.detail).toMatchObject({ expected: step, agent: 'changing@1' })
    expect(entries.filter((e) => e.kind === 'begin')).toHaveLength(3)
    await second.stop()

    // The code as it was goes on where it stood.
    const third = await heir(ledger, [before])
    await ledger.wake({ runId: id })
    expect(await outcomeIn(third, id)).toEqual({ status: 'completed', output: 'c' })
    expect([acts, finalsOf(await ledger.journal({ runId: id }))]).toEqual([
      ['a', 'b', 'c'],
      ['act#1', 'act#2', 'act#3'],
    ])
    await third.stop()
    await close()
  })
})

it('a branch that meets changed code lets what its sisters have under way settle before the run parks', async () => {
  const { ledger, close } = await openLedger('memory')
  let stopped = false
  const slow = tool({
    name: 'slow',
    description: 'Takes long.',
    input: z.object({}),
    effect: 'read',
    execute: (_, { signal }) =>
      new Promise((_done, reject) => {
        signal.addEventListener('abort', () => {
          stopped = true
          reject(signal.reason)
        })
      }),
  })
  const busy = tool({
    name: 'busy',
    description: 'Fails.',
    input: z.object({ on: z.string() }),
    effect: 'read',
    attempts: 3,
    execute: async () => {
      throw new Error('not now')
    },
  })
  const made = (on: string) =>
    version((ctx) =>
      ctx.all([
        async (c) => {
          if (on === 'is') await c.sleep('60ms')
          return c.tool(busy, { on })
        },
        async (c) => on === 'was' || c.tool(slow, {}),
      ]),
    )
  const first = await mortal(ledger, [made('was')], 'parked', 1)
  const { id } = await first.mw.start(made('was'), { input: {} })
  await first.dead
  const second = await heir(ledger, [made('is')])
  expect(await parked(ledger, id)).toBe('mismatch:all#1.0/busy#1')
  expect((await ledger.run({ runId: id }))?.open).toEqual([])
  expect(stopped).toBe(true)
  await second.stop()
  await close()
})
