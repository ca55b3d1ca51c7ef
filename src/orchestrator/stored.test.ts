import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { admitted, heir, mortal, outcomeIn } from '../../test/replay.js'
import { LEDGERS, openLedger } from '../../test/runtime-on.js'
import { desk, done, message, model, says, told } from '../../test/ways-out/scene.js'
import { stage } from '../../test/ways-out/stage.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { LIMITS } from '../core/limits.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'
import { flow } from './flow.js'
import { isStored } from './stored.js'

const LINES = Array.from({ length: 4_000 }, (_, n) => `line ${n}`)
const large = LINES.join('\n')
const readAll = tool({
  name: 'read_all',
  description: 'Reads it all.',
  input: z.object({ of: z.string() }),
  effect: 'read',
  timeout: '2s',
  execute: async ({ of }) => ({ of, text: large }),
})
const reading = flow({
  name: 'reading',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    const { text } = await ctx.tool(readAll, { of: 'file' })
    const again = await ctx.read('again', async () => large)
    await ctx.sleep('20ms')
    const small = await ctx.tool(readAll, { of: 'file' })
    return [text.length, again.length, small.text.length]
  },
})
const LENGTHS = { status: 'completed', output: [large.length, large.length, large.length] }

describe.each(LEDGERS)('large outputs on the %s ledger', (kind) => {
  const on = stage(kind)

  it('rest as blobs: the journal holds their heads, a flow gets them whole', async () => {
    const mw = await on.runtime({ run: [reading] })
    const run = await mw.start(reading, { input: {} })
    expect(await run.outcome()).toEqual(LENGTHS)
    const entries = await on.ledger.journal({ runId: run.id })
    for (const { body } of entries) expect(body?.length ?? 0).toBeLessThan(LIMITS.spill_head_chars + 1_000)
    const finals = entries.flatMap(({ body }) => JSON.parse(body ?? '{}').final?.output ?? [])
    const stored = finals.filter(isStored)
    expect(stored).toHaveLength(3)
    // The same words of one run are stored once.
    expect(new Set(stored.map(({ blob }) => blob)).size).toBe(2)
    expect(stored[1]).toMatchObject({
      head: large.slice(0, LIMITS.spill_head_chars),
      bytes: JSON.stringify(large).length,
    })
  })

  it('are fetched again where another worker replays the flow', async () => {
    const { ledger, close } = await openLedger(kind)
    const { id } = await admitted(ledger, reading)
    const first = await mortal(ledger, [reading], 'before_begin', 3)
    await first.dead
    const second = await heir(ledger, [reading])
    expect(await outcomeIn(second, id)).toEqual(LENGTHS)
    expect((await verifyLedger(ledger)).violations).toEqual([])
    await second.stop()
    await close()
  })

  it('are shown to a model by their heads, and it reads on by name', async () => {
    const asked = model(({ messages }) => {
      const turns = messages.filter((m) => m.role === 'assistant').length
      if (turns === 0) return says('read_stored', { ref: 'stored-1' })
      if (turns === 1) return says(readAll.name, { of: 'file' })
      if (turns === 2) return says('read_stored', { ref: 'stored-1', from: 20_000, length: 50 })
      if (turns === 3) return says('read_stored', { ref: 'other' })
      return done
    })
    const a = agent({ ...desk(on.name('a'), asked), tools: [readAll] })
    const mw = await on.runtime({ run: [a] })
    expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ status: 'completed' })
    const heard = asked.requests.map((request) => told({ ...asked, requests: [request] }).at(-1) ?? '')
    expect(heard[1]).toContain("There is no tool 'read_stored'")
    const whole = JSON.stringify({ of: 'file', text: large })
    expect(JSON.parse(heard[2] ?? '')).toMatchObject({ stored: 'stored-1', bytes: whole.length })
    expect(heard[2]?.length).toBeLessThan(LIMITS.spill_head_chars + 1_000)
    expect(JSON.parse(heard[3] ?? '')).toEqual({ text: whole.slice(20_000, 20_050), from: 20_000, of: whole.length })
    expect(heard[4]).toContain('there is: stored-1')
    const offered = asked.requests.map(({ tools }) => tools.includes('read_stored'))
    expect(offered).toEqual([false, false, true, true, true])
  })

  it('that only look like a stored one are stored themselves', async () => {
    const forged = { blob: 'a'.repeat(64), bytes: 1, head: 'x' }
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({}),
      run: (ctx) => ctx.read('x', async () => forged),
    })
    const mw = await on.runtime({ run: [f] })
    expect(await (await mw.start(f, { input: {} })).outcome()).toEqual({ status: 'completed', output: forged })
  })
})

it('a ledger that has no place for it just now takes it in the entry: what was done is not in doubt', async () => {
  const { ledger, close } = await openLedger('memory')
  const away = { ...ledger, putBlob: () => Promise.reject(new Error('away')) }
  const mw = await heir(away, [reading])
  const run = await mw.start(reading, { input: {} })
  expect(await run.outcome()).toEqual(LENGTHS)
  await mw.stop()
  await close()
})

it('what is stored grows with what was read, not with the steps before it', async () => {
  const { ledger, close } = await openLedger('memory')
  const most = 40
  const asked = model(({ messages }) => {
    const turns = messages.filter((m) => m.role === 'assistant').length
    return turns === most ? done : says(readAll.name, { of: String(turns) })
  })
  const a = agent({
    ...desk('long', asked),
    tools: [readAll],
    ceilings: { run: { steps: 200, context_tokens: 30_000 } },
  })
  let blobs = 0
  const counted = {
    ...ledger,
    putBlob: (p: { tenant: string; text: string }) => {
      blobs += p.text.length
      return ledger.putBlob(p)
    },
  }
  const mw = await heir(counted, [a])
  const run = await mw.start(a, { input: message })
  expect(await run.outcome()).toMatchObject({ status: 'completed' })
  const entries = await ledger.journal({ runId: run.id })
  const sizes = entries.flatMap((e) => (e.kind === 'settle' ? [(e.body?.length ?? 0) + e.factsText.length] : []))
  const [early, late] = [sizes.slice(0, 20), sizes.slice(-21, -1)].map((part) => part.reduce((a, b) => a + b, 0))
  expect(late).toBeLessThan((early ?? 0) * 1.02)
  expect(blobs).toBeLessThan(most * (large.length * 1.2 + 1_000))
  await mw.stop()
  await close()
})
