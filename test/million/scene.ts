import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'

/** What the worker process tells: that it is ready, that a run went on, what a claim took, how much memory it has. */
export type Told =
  | { readonly what: 'awake'; readonly no: number; readonly at: number }
  | { readonly what: 'claimed'; readonly got: number; readonly tookMs: number }
  | { readonly what: 'memory'; readonly rssBytes: number }

/** Who hears it; a worker process puts its parent here. */
export const ear: { hear: (told: Told) => void } = { hear: () => undefined }

const awake = tool({
  name: 'awake',
  description: 'Says that the run goes on.',
  input: z.object({ no: z.number() }),
  effect: 'read',
  execute: async ({ no }) => {
    ear.hear({ what: 'awake', no, at: Date.now() })
    return no
  },
})

/** Waits for mail, a person's answer, again and again. */
export const sleeper = flow({
  name: 'sleeper',
  version: 1,
  input: z.object({ no: z.number() }),
  ceilings: { run: { deadline: '60d', steps: 500, tool_calls: 500 } },
  run: async (ctx, { no }) => {
    for (;;) {
      await ctx.ask({ question: 'Go on?', to: 'ops', within: '50d', otherwise: false, answer: z.boolean() })
      await ctx.tool(awake, { no })
    }
  },
})
