import { expect, it } from 'vitest'
import { z } from 'zod'
import { terminal } from '../../test/cli/terminal.js'
import { flow } from '../orchestrator/flow.js'

const input = z.object({ n: z.number().optional() })
const reader = flow({ name: 'reader', version: 1, input, run: async (ctx) => ctx.refuse('policy', 'not ours') })
const lead = flow({
  ...{ name: 'lead', version: 1, input },
  run: async (ctx, { n = 0 }) => {
    if (n > 0) return n
    await ctx.agent(reader, {}, { share: 0.5 })
    await ctx.map(['a', 'b', 'c'], { atOnce: 2, key: String }, async (c, row) => {
      if (row === 'b') throw new Error('boom')
      return c.now().getTime()
    })
    return ctx.continue({ n: 1 })
  },
})

it('why, show and ps tell who called whom, and how that ended', async () => {
  const { say } = terminal({ options: { run: [lead, reader] } })
  await say('run', 'lead', '--input', '{}', '--json')
  const listed = (await say('ps', '--all', '--json')).data.runs as { runId: string; agent: string; parent: unknown }[]
  const first = listed.find((run) => run.agent === 'lead' && (run as { continuedAs?: unknown }).continuedAs !== null)
  const child = listed.find((run) => run.agent === 'reader')
  const why = (await say('why', first?.runId ?? '')).out.replace(/\s+/g, ' ')
  expect(why).toContain('Called reader')
  expect(why).toMatch(/It called reader \(run \S+\) as a run of its own, with .*at most .* on usd.* of what was left\./)
  expect(why).toContain('That ended: refused')
  expect(why).toContain(
    'Each row became a run of its own, at most 2 of them at a time. Of 3 rows 2 came to a result and 1 did not.',
  )
  expect(why).toMatch(/It went on as run \S+\./)
  const below = (await say('why', child?.runId ?? '')).out.replace(/\s+/g, ' ')
  expect(below).toContain(`Called by run ${first?.runId}, at its step reader#1.`)
  expect(below).not.toContain('does the work of run')
  const shown = await say('show', first?.runId ?? '')
  expect(shown.out).toMatch(/child +step +agent +stands +took/)
  expect(shown.out).toContain('map#1: 3 of 3 rows have ended.')
  expect((await say('show', first?.runId ?? '', '--json')).data.children).toHaveLength(4)
  expect((await say('ps', '--all')).out.match(/↳ /g)).toHaveLength(4)
})
