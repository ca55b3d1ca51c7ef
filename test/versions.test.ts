import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../src/core/invariants/verify.js'
import { LIMITS } from '../src/core/limits.js'
import type { Ctx } from '../src/orchestrator/ctx-types.js'
import { servesKey } from '../src/orchestrator/definition.js'
import { flow } from '../src/orchestrator/flow.js'
import { tool } from '../src/tools/tool.js'
import { ByHand } from './by-hand.js'

let hand: ByHand
const acts: string[] = []
beforeEach(() => {
  hand = new ByHand()
  acts.length = 0
})
afterEach(() => hand.stop())

const act = tool({
  name: 'act',
  description: 'Acts.',
  input: z.object({ on: z.string(), by: z.string() }),
  effect: 'keyed',
  keyRemembered: '1h',
  key: ({ on }, { origin }) => `${origin}:${on}`,
  execute: async ({ on, by }) => {
    acts.push(`${on} by ${by}`)
    return on
  },
})

type Options = { accepts?: readonly number[]; input?: z.ZodType; first?: string; run?: (ctx: Ctx) => Promise<unknown> }
/** Acts, sleeps, acts again; each act says which version's code asked for it. */
const version = (no: number, { accepts, input = z.object({}), first = 'same', run }: Options = {}) =>
  flow({
    name: 'f',
    version: no,
    ...(accepts && { accepts }),
    input,
    run:
      run ??
      (async (ctx) => {
        await ctx.tool(act, { on: 'first', by: first })
        await ctx.sleep('1h')
        await ctx.tool(act, { on: 'second', by: `v${no}` })
        return no
      }),
  })
const one = version(1)

/** A run of version 1 that sleeps, its worker gone. */
async function asleep(): Promise<string> {
  const mw = await hand.runtime([one])
  const { id } = await mw.start(one, { input: {} })
  await hand.until(async () => (await hand.ledger.run({ runId: id }))?.state === 'waiting')
  await hand.stop()
  return id
}

const row = async (id: string) => await hand.ledger.run({ runId: id })
const notes = async (id: string, about: string) =>
  (await hand.ledger.journal({ runId: id })).map((e) => JSON.parse(e.body || '{}')).filter((b) => b.about === about)
const isMisfit = async (id: string) => (await row(id))?.waits?.startsWith('mismatch:') === true
const isWhole = async () => expect((await verifyLedger(hand.ledger)).violations).toEqual([])

it('newer code that accepts the version goes on with its runs, and the journal says whose code it is', async () => {
  const id = await asleep()
  const two = version(2, { accepts: [1] })
  const mw = await hand.runtime([two])
  expect(await hand.outcome(mw, id, 60_000)).toEqual({ status: 'completed', output: 2 })
  expect(acts).toEqual(['first by same', 'second by v2'])
  expect(await row(id)).toMatchObject({ version: 1, fingerprint: one.definition.fingerprint })
  const [told, ...more] = await notes(id, 'code')
  expect(told.detail).toEqual({ code: servesKey(two.definition), before: servesKey(one.definition) })
  expect(more).toEqual([])
  await isWhole()
})

it('newer code that accepts nothing leaves them for those who serve them', async () => {
  const id = await asleep()
  await hand.runtime([version(2)])
  hand.skip(7_200_000)
  for (let n = 0; n < 20; n += 1) await hand.clock.advance(500)
  expect(await row(id)).toMatchObject({ state: 'waiting', workerId: null })
  const own = await hand.runtime([version(2), one])
  expect(await hand.outcome(own, id)).toEqual({ status: 'completed', output: 1 })
  expect(await notes(id, 'code')).toEqual([])
})

it('of several that accept a version the oldest takes its runs, and its own code goes first', async () => {
  const first = await asleep()
  const mw = await hand.runtime([version(3, { accepts: [1, 2] }), version(2, { accepts: [1] })])
  expect(await hand.outcome(mw, first, 60_000)).toMatchObject({ output: 2 })
  await hand.stop()
  const second = await asleep()
  const own = await hand.runtime([version(2, { accepts: [1] }), one])
  expect(await hand.outcome(own, second, 60_000)).toMatchObject({ output: 1 })
})

it('code that does not fit parks the run, does nothing, and the code that fits takes it up when it comes back', async () => {
  const id = await asleep()
  await hand.runtime([version(2, { accepts: [1], first: 'other' })])
  await hand.until(() => isMisfit(id), 60_000)
  expect(acts).toEqual(['first by same'])
  expect((await notes(id, 'mismatch'))[0].detail).toMatchObject({ expected: 'act#1', agent: 'f@2' })
  await hand.stop()
  const before = await row(id)
  expect(before?.dueAt).toBe(before?.deadlineAt)
  await isWhole()

  const back = await hand.runtime([one])
  expect(await hand.outcome(back, id)).toEqual({ status: 'completed', output: 1 })
  expect(acts).toEqual(['first by same', 'second by v1'])
  expect((await notes(id, 'code')).map((n) => n.detail.code.slice(0, 3))).toEqual(['f@2', 'f@1'])
  await isWhole()
})

const claims = async (id: string) => (await hand.ledger.journal({ runId: id })).filter((e) => e.kind === 'claim').length

it('code that does not fit tries each run once in a process, however often it looks', async () => {
  const id = await asleep()
  const wrong = version(2, { accepts: [1], first: 'other' })
  await hand.runtime([wrong], {}, '1s')
  await hand.until(() => isMisfit(id), 60_000)
  const before = await claims(id)
  for (let n = 0; n < 100; n += 1) await hand.clock.advance(1_000)
  expect(await claims(id)).toBe(before)
  await hand.runtime([wrong], {}, '1s')
  await hand.runtime([wrong], {}, '1s')
  for (let n = 0; n < 200; n += 1) await hand.clock.advance(500)
  expect([await claims(id), await isMisfit(id)]).toEqual([before + 2, true])
})

it('code that fits and is there all along takes it up, whoever parked it, and though others start later', async () => {
  const id = await asleep()
  const wrong = version(3, { accepts: [1, 2], first: 'other' })
  // It alone is there when the run is due.
  await hand.runtime([wrong], {}, '1s')
  await hand.until(() => isMisfit(id), 60_000)
  const fits = await hand.runtime([version(2, { accepts: [1] })], {}, '1s')
  for (let n = 0; n < 3; n += 1) await hand.runtime([wrong], {}, '1s')
  expect(await hand.outcome(fits, id, 500)).toEqual({ status: 'completed', output: 2 })
  expect(acts).toEqual(['first by same', 'second by v2'])
  await isWhole()
})

it('a misfit that nobody helps ends at its deadline, told as out of time', async () => {
  const id = await asleep()
  const mw = await hand.runtime([version(2, { accepts: [1], first: 'other' })])
  await hand.until(() => isMisfit(id), 60_000)
  hand.skip(LIMITS.run_deadline_ms)
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'exhausted', meter: 'deadline' })
})

it('an input that the newer code does not take is a misfit, not a failure', async () => {
  const id = await asleep()
  await hand.runtime([version(2, { accepts: [1], input: z.object({ day: z.string() }) })])
  await hand.until(() => isMisfit(id), 60_000)
  expect((await row(id))?.waits).toBe('mismatch:input')
  expect(acts).toEqual(['first by same'])
})

it('a run that is moved goes on under the other version, in the process that keeps it parked too', async () => {
  const two = version(2)
  const mw = await hand.runtime([one, two])
  const { id } = await mw.start(one, { input: {} })
  await hand.until(async () => (await row(id))?.state === 'waiting')
  const { version: to, fingerprint } = two.definition
  expect(await hand.ledger.repin({ runId: id, version: to, fingerprint, by: 'ann' })).toEqual({ code: 'ok' })
  expect(await hand.outcome(mw, id, 60_000)).toEqual({ status: 'completed', output: 2 })
  expect(acts).toEqual(['first by same', 'second by v2'])
  const [told] = await notes(id, 'code')
  expect(told.detail).toEqual({ code: servesKey(two.definition), before: servesKey(one.definition), by: 'ann' })
  await isWhole()
})

it('a run that was moved to code that does not fit goes on where it was once it is moved back', async () => {
  const id = await asleep()
  const two = version(2, { first: 'other' })
  const mw = await hand.runtime([one, two])
  const move = ({ definition: { version: to, fingerprint } }: typeof one) =>
    hand.ledger.repin({ runId: id, version: to, fingerprint, by: 'ann' })
  await move(two)
  await hand.until(() => isMisfit(id))
  await move(one)
  expect(await hand.outcome(mw, id, 60_000)).toEqual({ status: 'completed', output: 1 })
  expect(acts).toEqual(['first by same', 'second by v1'])
  await isWhole()
})

it('a version is a whole number from 1, the accepted ones too', () => {
  expect(() => version(0)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  expect(() => version(2, { accepts: [1.5] })).toThrow(/not 1.5/)
  expect(version(2, { accepts: [1, 1] }).definition.accepts).toEqual([1])
})

it('two different definitions of one version are refused', async () => {
  const other = flow({ name: 'f', version: 1, input: z.object({ n: z.number() }), run: async () => 1 })
  await expect(hand.runtime([one, other])).rejects.toMatchObject({ code: 'invalid_config' })
})
