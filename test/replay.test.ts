import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../src/core/invariants/verify.js'
import { agent } from '../src/orchestrator/agent.js'
import { FAILPOINTS, type Failpoint } from '../src/orchestrator/engine.js'
import { flow } from '../src/orchestrator/flow.js'
import { scriptedModel } from '../src/testing/index.js'
import { fault } from '../src/tools/fault.js'
import { tool } from '../src/tools/tool.js'
import { type Anything, admitted, expectOnce, finalsOf, heir, mortal, outcomeIn } from './replay.js'
import { LEDGERS, type LedgerKind, openLedger } from './runtime-on.js'

/** What the tools did to the world, by effect key. */
const acts: string[] = []
const asked: string[] = []
afterEach(() => {
  acts.length = 0
  asked.length = 0
})

const timeout = '300ms'
const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ at: z.string() }),
  effect: 'read',
  timeout,
  execute: async ({ at }) => ({ z: at, a: at.length }),
})

const act = tool({
  name: 'act',
  description: 'Acts.',
  input: z.object({ on: z.string() }),
  effect: 'checked',
  timeout,
  check: async (_, { key }) =>
    acts.includes(key) ? { did: 'happen', result: { b: 1, a: key } } : { did: 'not_happen' },
  execute: async ({ on }, { key, attempt }) => {
    asked.push(on)
    if (on === 'declined') throw fault.permanent('declined')
    if (on === 'busy' && attempt === 1) throw fault.notPerformed('busy', { retryAfter: '20ms' })
    acts.push(key)
    return { b: 1, a: key }
  },
})

const straight = flow({
  name: 'straight',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    const seen = await ctx.tool(look, { at: 'here' })
    await ctx.tool(act, { on: JSON.stringify(seen) })
    await ctx.sleep('30ms')
    const said = await ctx.tool(act, { on: `${ctx.now().getTime()} ${ctx.random()} ${ctx.uuid()}` })
    return Object.keys(said)
  },
})

const branched = flow({
  name: 'branched',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    const order: string[] = []
    await ctx.all([
      async (c) => {
        await c.tool(act, { on: 'busy' })
        order.push('a')
        await c.sleep('15ms')
        order.push('a-slept')
      },
      async (c) => {
        const { status } = await c.try.tool(act, { on: 'declined' })
        order.push(`b-${status}`)
        await c.tool(act, { on: 'b' })
        order.push('b')
      },
      async (c) => {
        await c.sleep('10ms')
        order.push('c')
        await c.read('rows', async () => [1])
        order.push('c-read')
      },
    ])
    return { order, seen: await ctx.tool(look, { at: order.join() }) }
  },
})

const price = { input: '$1', output: '$4' } as const
const says = (name: string, input: unknown) => ({ text: `I will ${name}.`, toolCalls: [{ name, input }] })
const replies = [
  says('look', { at: 'home' }),
  says('nothing_such', {}),
  says('act', { on: 'agent' }),
  says('act', { on: 'declined' }),
  says('complete', { resolution: 'done' }),
]
/** Answers by how far the conversation has gone, so that a call sent again is answered alike. */
const desk = agent({
  name: 'desk',
  version: 1,
  model: scriptedModel({
    price,
    replies: ({ messages }) => replies[messages.filter((m) => m.role === 'assistant').length] ?? { text: 'lost' },
  }),
  input: z.object({}),
  outcome: z.object({ resolution: z.string() }),
  instructions: 'Act.',
  tools: [look, act],
})

const SUBJECTS: readonly Anything[] = [straight, branched, desk]
const HITS: Record<Failpoint, readonly number[]> = {
  before_begin: [1, 3, 5],
  after_begin: [1, 3, 5],
  before_effect: [2, 4],
  after_effect: [2, 4],
  before_settle: [3],
  after_settle: [1, 2, 4],
  parked: [1],
  claiming: [2],
}
/** In memory at each of them; on PostgreSQL, where each costs a database, at the first of each point. */
const pointsOn = (kind: LedgerKind) =>
  FAILPOINTS.flatMap((at) => HITS[at].slice(0, kind === 'memory' ? undefined : 1).map((hit) => [at, hit] as const))

describe.each(LEDGERS)('on the %s ledger', (kind) => {
  describe.each(SUBJECTS.map((s) => [s.name, s] as const))('%s, when its worker dies', (_, subject) => {
    it.each(pointsOn(kind))('at %s, hit %i: goes on where it was, and acts once', async (at, hit) => {
      const { ledger, close } = await openLedger(kind)
      const { id } = await admitted(ledger, subject)
      const first = await mortal(ledger, [subject], at, hit)
      const early = await Promise.race([first.dead, first.mw.run(id).outcome()])
      const before = finalsOf(await ledger.journal({ runId: id }))
      const second = await heir(ledger, [subject])
      const outcome = await outcomeIn(second, id)
      const entries = await ledger.journal({ runId: id })
      expect(outcome.status, JSON.stringify(outcome)).toBe('completed')
      expect(finalsOf(entries).slice(0, before.length)).toEqual(before)
      expectOnce(acts)
      expect(entries.filter((e) => e.body?.includes('mismatch'))).toEqual([])
      expect((await verifyLedger(ledger)).violations).toEqual([])
      expect(early === undefined || early.status === 'completed').toBe(true)
      await second.stop()
      await close()
    })
  })
})
