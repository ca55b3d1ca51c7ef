import { expect, it } from 'vitest'
import { z } from 'zod'
import type { Ledger } from '../src/core/ledger.js'
import { flow } from '../src/orchestrator/flow.js'
import { scenario } from '../src/rehearse/define.js'
import { play } from '../src/rehearse/play.js'
import { remembers } from '../src/rehearse/tools/stand-ins.js'
import { tool } from '../src/tools/tool.js'

const HOUR = 3_600_000

const report = tool({
  name: 'report',
  description: 'Sends the report of a time.',
  input: z.object({ at: z.string() }),
  effect: 'keyed',
  keyRemembered: '1d',
  key: ({ at }) => at,
  execute: async () => 'sent',
})

const hourly = flow({
  name: 'hourly',
  version: 1,
  input: z.object({ at: z.string() }),
  every: { cron: '0 * * * *', tz: 'Europe/Berlin', overlap: 'queue', missed: 'all' },
  run: (ctx, { at }) => ctx.tool(report, { at }),
})
const greeting = flow({ name: 'greeting', version: 1, input: z.object({}), run: async () => 'hello' })

/** Two messages with some hours between: as long as one is to come, the case goes on. */
const hours = scenario({
  name: 'hours',
  run: [greeting, hourly],
  stories: [
    {
      name: 'a morning',
      messages: [
        { key: 'first', input: {} },
        { key: 'last', input: {}, afterMs: 5 * HOUR },
      ],
    },
  ],
  tools: () => ({ report: remembers(() => 'sent') }),
})

/** Instants of the ticks that were run, in order, and how far the schedule is. */
async function ticksIn(ledger: Ledger) {
  const runs = await ledger.runs({ agent: 'hourly' })
  const [row] = await ledger.schedules.list()
  const ticks = runs.map(({ key }) => Date.parse(key?.replace('tick:hourly:', '') ?? '')).sort((a, b) => a - b)
  return { ticks, row }
}

it.each([0, 2, 3, 4, 5, 6, 7])(
  'the real scheduler runs each tick once in virtual time, seed %d (0: a calm night)',
  async (seed) => {
    let seen: Awaited<ReturnType<typeof ticksIn>> | undefined
    const how = seed === 0 ? { strikes: [] } : { strikes: null, rates: { process: 0.02, ledger: 0.02 } }
    const verdict = await play(
      hours,
      { story: 'a morning', seed, ...how },
      {
        look: async (ledger) => {
          seen = await ticksIn(ledger)
        },
      },
    )
    expect([verdict.violations, verdict.broken]).toEqual([[], []])
    expect(verdict.struck.length === 0).toBe(seed === 0)
    const { ticks = [], row } = seen ?? {}
    expect(ticks.length).toBeGreaterThanOrEqual(4)
    const first = ticks[0] ?? 0
    expect(ticks).toEqual(ticks.map((_, i) => first + i * HOUR))
    expect(row).toMatchObject({ ran: ticks.length, skipped: 0, lastTick: ticks.at(-1) })
  },
)
