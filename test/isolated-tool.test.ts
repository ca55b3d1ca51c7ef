import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { Duration } from '../src/core/time.js'
import { flow } from '../src/orchestrator/flow.js'
import { closeIsolated, warmIsolated } from '../src/tools/isolate.js'
import { witnessWithin } from '../src/tools/isolated.fixture.js'
import { tool } from '../src/tools/tool.js'
import { escalated, withRuntime } from './runtime-on.js'

const MODULE = new URL('../src/tools/isolated.fixture.ts', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'midwatch-isolated-'))
const acts = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])

/** A flow that has the witness do something, once and within a time. */
function acting(timeout: Duration) {
  const input = z.object({ file: z.string(), act: z.enum(['once', 'busy']) })
  return flow({ name: 'acting', version: 1, input, run: (ctx, what) => ctx.tool(witnessWithin(timeout), what) })
}

afterEach(() => closeIsolated())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a step whose tool runs in a process of its own', () => {
  it('is made there, and its result is kept', async () => {
    const file = join(folder, 'made')
    const f = acting('20s')
    await withRuntime('memory', { run: [f] }, async (mw) => {
      const outcome = await (await mw.start(f, { input: { file, act: 'once' } })).outcome()
      expect(outcome).toMatchObject({ status: 'completed', output: { pid: Number(acts(file)[0]?.split(' ')[0]) } })
      expect(acts(file)).toHaveLength(2)
    })
  })

  it("is a person's to clear when it was cut off at its bound", async () => {
    const file = join(folder, 'cut')
    const f = acting('1500ms')
    await warmIsolated(MODULE)
    await withRuntime('memory', { run: [f] }, async (mw) => {
      const run = await mw.start(f, { input: { file, act: 'busy' } })
      const id = await escalated(mw, run.id)
      const before = acts(file).length
      expect(before).toBeGreaterThan(1)
      const answer = { id, decision: 'happened', by: 'fay', result: '{"pid":0}' } as const
      await vi.waitFor(async () => expect(await mw.ledger.answer(answer)).toMatchObject({ code: 'ok' }), 5_000)
      expect(await run.outcome()).toEqual({ status: 'completed', output: { pid: 0 } })
      expect(acts(file)).toHaveLength(before)
    })
  })

  it('surely did not act when its process was not there in time: nobody need be asked', async () => {
    const file = join(folder, 'late')
    const f = acting('1ms')
    await withRuntime('memory', { run: [f] }, async (mw) => {
      const run = await mw.start(f, { input: { file, act: 'once' } })
      expect(await run.outcome()).toMatchObject({ status: 'failed' })
      expect(await mw.ledger.escalations({ runId: run.id })).toEqual([])
      expect(acts(file)).toEqual([])
    })
  })

  it('is refused where nobody said what its process should load', async () => {
    const input = z.object({})
    const unsaid = tool({ name: 'unsaid', description: 'd', input, effect: 'once', execute: async () => 'here' })
    const f = flow({ name: 'unsaying', version: 1, input, run: (ctx) => ctx.tool(unsaid, {}) })
    await withRuntime('memory', { run: [f] }, async (mw) => {
      const outcome = await (await mw.start(f, { input: {} })).outcome()
      expect(outcome).toMatchObject({ status: 'failed', code: 'invalid_definition' })
    })
  })
})
