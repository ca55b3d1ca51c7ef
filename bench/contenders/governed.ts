import { flow, type Midwatch, midwatch, tool } from 'midwatch'
import { z } from 'zod'
import { type Contender, hasKeys, type Setting, sharesMeters, type Work } from '../contender.js'
import { inLanes } from '../lanes.js'
import { nextResult } from '../result.js'
import { sampleOf } from '../sample.js'
import type { Tally } from '../tally.js'

const input = z.object({ order: z.string() })

const readOrder = tool({
  name: 'read_order',
  description: 'Read an order.',
  input,
  effect: 'read',
  execute: async () => nextResult(),
})

const payOrder = tool({
  name: 'pay_order',
  description: 'Pay an order.',
  input,
  effect: 'keyed',
  keyRemembered: '1d',
  execute: async () => nextResult(),
})

const toolOf = (work: Work) => (hasKeys(work) ? payOrder : readOrder)

/** The whole runtime through its public API: flows of trivial governed steps. */
export async function governed({ work, url }: Setting): Promise<Contender> {
  let tally: Tally | null = null
  const worked = workedFlow(work, () => tally)
  const mw = await midwatch({ run: [worked], databaseUrl: url, worker: { concurrency: 256 } })
  const { name } = toolOf(work)
  if (sharesMeters(work)) await shareMeters(mw, name)
  // Ceilings reach a worker with its next look at the switches; a second runtime begins with them.
  const runtime = sharesMeters(work)
    ? await reopened(mw, () => midwatch({ run: [worked], databaseUrl: url, worker: { concurrency: 256 } }))
    : mw
  return {
    ...inLanes(async (steps, counted) => {
      tally = counted
      const run = await runtime.start(worked, { input: { steps } })
      const { status } = await run.outcome()
      if (status !== 'completed') throw new Error(`A governed run of the bench ended ${status}.`)
    }),
    sample: async () => {
      tally = null
      const run = await runtime.start(worked, { input: { steps: 3 } })
      await run.outcome()
      return sampleOf(runtime.ledger, run.id)
    },
    close: () => runtime.stop(),
  }
}

async function reopened(mw: Midwatch, open: () => Promise<Midwatch>): Promise<Midwatch> {
  await mw.stop()
  return open()
}

/** It leaves off when its pass is over; a flow that may be replayed would have to make that a step. */
function workedFlow(work: Work, tally: () => Tally | null) {
  return flow({
    name: 'worked',
    version: 1,
    input: z.object({ steps: z.number().int() }),
    ceilings: { run: { steps: 2_000, tool_calls: 2_000, attempts: 4_000, active: '1d' } },
    run: async (ctx, { steps }) => {
      for (let n = 0; n < steps && !tally()?.over; n += 1) {
        const from = performance.now()
        await ctx.tool(toolOf(work), { order: `W${n}` })
        tally()?.step(performance.now() - from)
      }
      return { steps }
    },
  })
}

/** Three ceilings on meters that all runs share, each counted and looked at by every step. */
async function shareMeters({ ledger }: Midwatch, tool: string): Promise<void> {
  for (const scope of ['fleet', 'tenant:default', `tool:${tool}`]) {
    await ledger.setCeiling({ scope, meter: 'tool_calls', per: 'day', limit: 1_000_000_000, by: 'bench' })
  }
}
