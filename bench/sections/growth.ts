import { flow, type Midwatch, midwatch, tool } from 'midwatch'
import { z } from 'zod'
import { median, short } from '../numbers.js'
import { nextResult } from '../result.js'
import { type Row, rowOf } from '../row.js'
import type { Section, Stage } from '../section.js'
import { readValue } from '../server.js'

const STEPS = 1_000
const PAYLOAD_BYTES = JSON.stringify(nextResult()).length + JSON.stringify({ order: 'W123' }).length
const STORED = `select sum(pg_total_relation_size(c.oid)) as value
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'midwatch' and c.relkind = 'r'`

const WORDS = { read: 'reads', keyed: 'keyed effects' } as const
type Work = keyof typeof WORDS

const readOrder = tool({
  name: 'read_order',
  description: 'Read an order.',
  input: z.object({ order: z.string() }),
  effect: 'read',
  execute: async () => nextResult(),
})

const payOrder = tool({
  name: 'pay_order',
  description: 'Pay an order.',
  input: z.object({ order: z.string() }),
  effect: 'keyed',
  keyRemembered: '1d',
  execute: async () => nextResult(),
})

/** Whether a long run becomes slow, and what it leaves behind: runs of 1,000 steps, one after the other. */
export const growthSection: Section = {
  name: 'growth',
  seconds: ({ rounds }) => 6 * (rounds + 1),
  async run(stage) {
    const rows: Row[] = []
    for (const work of ['read', 'keyed'] as const) rows.push(...(await grow(stage, work)))
    return rows
  },
}

async function grow({ server, options, say }: Stage, work: Work): Promise<Row[]> {
  const url = await server.database(`bench_growth_${work}`)
  const stepMs: number[] = []
  const long = longFlow(work, stepMs)
  const mw = await midwatch({ run: [long], databaseUrl: url })
  try {
    await worked(mw, long)
    const ratios: number[] = []
    const sizes: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      stepMs.length = 0
      const before = Number(await readValue(url, STORED))
      await worked(mw, long)
      sizes.push((Number(await readValue(url, STORED)) - before) / STEPS)
      ratios.push(median(stepMs.slice(-STEPS / 10)) / median(stepMs.slice(0, STEPS / 10)))
    }
    say(`${WORDS[work]}: last tenth ${short(median(ratios))} × first; ${short(median(sizes))} bytes a step`)
    return [ratioRow(work, median(ratios)), sizeRow(work, median(sizes))]
  } finally {
    await mw.stop()
  }
}

type Long = ReturnType<typeof longFlow>

function longFlow(work: Work, stepMs: number[]) {
  return flow({
    name: 'long',
    version: 1,
    input: z.object({}),
    ceilings: { run: { steps: STEPS, tool_calls: STEPS, attempts: 2 * STEPS, active: '1d' } },
    run: async (ctx) => {
      for (let n = 0; n < STEPS; n += 1) {
        const from = performance.now()
        await ctx.tool(work === 'read' ? readOrder : payOrder, { order: `W${n}` })
        stepMs.push(performance.now() - from)
      }
      return {}
    },
  })
}

async function worked(mw: Midwatch, long: Long): Promise<void> {
  const run = await mw.start(long, { input: {} })
  const { status } = await run.outcome()
  if (status !== 'completed') throw new Error(`The long run ended ${status}.`)
}

function ratioRow(work: Work, ratio: number): Row {
  return rowOf({
    what: `a run of ${STEPS} ${WORDS[work]}: its last tenth`,
    runs: 1,
    ratio: `${short(ratio)} × its first tenth`,
    targets: [{ text: '≤ 1.15', met: ratio <= 1.15, quiet: false }],
  })
}

function sizeRow(work: Work, bytes: number): Row {
  const beyond = bytes - PAYLOAD_BYTES
  return rowOf({
    what: `stored beyond the payload, per step: ${WORDS[work]}`,
    figure: `${short(beyond / 1_000)} KB`,
    ratio: `${short(bytes / 1_000)} KB in all, indexes included`,
    targets: [{ text: '≤ 1.8 KB', met: beyond <= 1_800, quiet: false }],
  })
}
