import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { scriptedModel } from '../../src/testing/index.js'
import { tool } from '../../src/tools/tool.js'

/** What is next in a run when its worker dies: each of them may go on at once. */
export const SORTS = ['read', 'keyed', 'model'] as const
export type Sort = (typeof SORTS)[number]

/** A step of a run that begins to act, told by the worker that has it. */
export interface Told {
  readonly no: number
  /** By the machine's clock, ms since the epoch. */
  readonly at: number
}

/** Who hears it; a worker process puts its parent here. */
export const ear: { hear: (told: Told) => void } = { hear: () => undefined }

const STEP_MS = 100
const STEPS = 600

const act = async ({ no }: { readonly no: number }) => {
  ear.hear({ no, at: Date.now() })
  await sleep(STEP_MS)
  return 1
}
const shared = { description: 'Takes a moment.', input: z.object({ no: z.number(), n: z.number() }) } as const
const TOOLS = {
  read: tool({ ...shared, name: 'look', effect: 'read', execute: act }),
  keyed: tool({
    ...{ ...shared, name: 'act', effect: 'keyed', keyRemembered: '1h', concurrent: true },
    key: ({ no, n }, { origin }) => `${origin}:${no}:${n}`,
    execute: act,
  }),
}

const model = scriptedModel({
  replies: ({ messages }) => {
    const said = messages.map((one) => (one.role === 'user' ? one.text : '')).join('')
    ear.hear({ no: Number(/\d+/.exec(said)?.[0]), at: Date.now() })
    return { text: 'yes', afterMs: STEP_MS }
  },
})

/** Does one thing after the other, until it is killed. */
export const pacer = flow({
  name: 'pacer',
  version: 1,
  input: z.object({ no: z.number(), sort: z.enum(SORTS) }),
  tools: Object.values(TOOLS),
  ceilings: {
    run: { steps: STEPS, tool_calls: STEPS, model_calls: STEPS, attempts: 2 * STEPS, usd: '$50', active: '10m' },
  },
  run: async (ctx, { no, sort }) => {
    for (let n = 0; n < STEPS - 1; n += 1) {
      if (sort === 'model') await ctx.model('think', { model, prompt: `Run ${no}: go on?` })
      else await ctx.tool(TOOLS[sort] as (typeof TOOLS)['read'], { no, n })
    }
  },
})
