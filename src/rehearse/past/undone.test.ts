import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { withRuntime } from '../../../test/runtime-on.js'
import { desk, message, model, says } from '../../../test/ways-out/scene.js'
import { no, trip } from '../../../test/wind-down/trip.js'
import { readRuns } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import { refuse } from '../../govern/verdict.js'
import { agent } from '../../orchestrator/agent.js'
import { flow } from '../../orchestrator/flow.js'
import { backtest } from './backtest.js'
import { fork } from './fork.js'
import type { Recording } from './recording.js'

const t = trip((of) => of)
const planner = (rules = {}) =>
  agent({
    ...desk('planner', model([says('hotel', { id: 'A' }), says('flight', { id: 'A' }), no])),
    tools: [t.hotel, t.flight],
    rules,
    ceilings: { run: { steps: 5 } },
    windDown: 'undo',
  })
const saga = flow({
  name: 'saga',
  version: 1,
  input: z.object({}),
  tools: [t.hotel],
  run: async (ctx) => {
    await ctx.tool(t.hotel, { id: 'B' })
    await ctx.undo()
    await ctx.tool(t.hotel, { id: 'B' })
    return (await ctx.undo()).undone.length
  },
})

async function recordingOf(ledger: Ledger, runId: string): Promise<Recording> {
  for await (const { facts } of readRuns(ledger, { runId })) return facts
  throw new Error(`no run ${runId}`)
}

/** A fork leaves out claims and parks: its entries have other numbers. */
const placeless = (outcome: unknown) =>
  JSON.parse(JSON.stringify(outcome, (name, value) => (name === 'seq' ? 0 : value)))

describe('a recorded run that was taken back', () => {
  it('is forked from within its wind-down, which goes on as it was', async () => {
    const recording = await withRuntime('memory', { run: [planner()] }, async (mw, ledger) => {
      const run = await mw.start(planner(), { input: message })
      await run.outcome()
      return recordingOf(ledger, run.id)
    })
    for (const from of ['wind_down/undo#1/flight.undo#1', 'wind_down/undo#1/hotel.undo#1', 'flight#1']) {
      const made = await fork(planner(), recording, { from })
      expect([made.waits, placeless(made.outcome)]).toEqual([null, placeless(made.recorded)])
    }
    expect((await backtest(planner(), [recording])).changed).toEqual([])
    const forbidden = planner({ 'hotel.undo': () => refuse('policy', 'Not after check-in.') })
    expect((await backtest(forbidden, [recording])).changed).toMatchObject([{ tool: 'hotel.undo' }])
  })

  it('may do once more in a fork what it had taken back', async () => {
    const recording = await withRuntime('memory', { run: [saga] }, async (mw, ledger) => {
      const run = await mw.start(saga, { input: {} })
      expect(await run.outcome()).toEqual({ status: 'completed', output: 1 })
      return recordingOf(ledger, run.id)
    })
    const made = await fork(saga, recording, { from: 'hotel#2' })
    expect([made.waits, made.outcome]).toEqual([null, made.recorded])
  })
})
