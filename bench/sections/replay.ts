import { flow, midwatch, type Run, tool } from 'midwatch'
import { z } from 'zod'
import { median, short } from '../numbers.js'
import { nextResult } from '../result.js'
import { rowOf } from '../row.js'
import type { Section } from '../section.js'

const STEPS = 1_000
const LOOKS = 10

const readOrder = tool({
  name: 'read_order',
  description: 'Read an order.',
  input: z.object({ order: z.string() }),
  effect: 'read',
  execute: async () => nextResult(),
})

/** How long a run of 1,000 steps that waited for a person takes to go on in a worker that has never seen it. */
export const replaySection: Section = {
  name: 'replay',
  seconds: ({ rounds }) => 4 + Math.max(3, rounds),
  async run({ server, options, say }) {
    const url = await server.database('bench_replay')
    let asked = 0
    const waiting = waitingFlow(() => {
      asked = performance.now()
    })
    const open = () => midwatch({ run: [waiting], databaseUrl: url, worker: { claims: false } })
    const first = await open()
    const run = await first.start(waiting, { input: {} })
    await first.advance(run.id)
    await first.stop()
    const times: number[] = []
    for (let look = 0; look < Math.max(3, options.rounds); look += 1) {
      const mw = await open()
      const [question] = await mw.ledger.escalations({ state: 'open', runId: run.id })
      await mw.ledger.answer({ id: question?.id ?? '', decision: 'answer', by: 'bench', result: '"on"' })
      const from = performance.now()
      await mw.advance(run.id)
      times.push(asked - from)
      await assertWaiting(mw.run(run.id), await mw.ledger.run({ runId: run.id }))
      await mw.stop()
    }
    say(`replay of ${STEPS} steps: ${times.map(short).join(', ')} ms`)
    return [
      rowOf({
        what: `replay of ${STEPS} steps, from the claim to the next step`,
        figure: `${short(median(times))} ms`,
        targets: [{ text: '≤ 300 ms', met: median(times) <= 300, quiet: true }],
      }),
    ]
  },
}

/** Its steps, then a question, a step that is new after each answer, and the next question. */
function waitingFlow(goesOn: () => void) {
  return flow({
    name: 'waiting',
    version: 1,
    input: z.object({}),
    ceilings: { run: { steps: 2_000, tool_calls: 2_000, attempts: 4_000, active: '1d' } },
    run: async (ctx) => {
      for (let n = 0; n < STEPS; n += 1) await ctx.tool(readOrder, { order: `W${n}` })
      for (let look = 0; look < LOOKS; look += 1) {
        await ctx.ask({
          question: `Look ${look}: go on?`,
          answer: z.string(),
          to: 'bench',
          within: '1d',
          otherwise: 'on',
        })
        goesOn()
        await ctx.tool(readOrder, { order: 'next' })
      }
      return {}
    },
  })
}

async function assertWaiting(run: Run<unknown>, row: { readonly state: string } | null): Promise<void> {
  if (row?.state !== 'waiting') throw new Error(`Run ${run.id} of the replay is ${row?.state}, not waiting.`)
}
