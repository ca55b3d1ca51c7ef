import { z } from 'zod'
import type { Ctx } from '../../src/orchestrator/ctx-types.js'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'
import { Witness } from '../crash/witness.js'

/**
 * What a process has on it. `first` is version 1 as it was, `again` the same built anew, `fits` version 2, which asks for the
 * same steps, `other` version 3, which asks for others and yet accepts version 2.
 */
export const CODES = ['first', 'again', 'fits', 'other'] as const
export type Code = (typeof CODES)[number]

/** Who acts before each of the questions at which a run waits, and after the last. */
export const STEPS = ['open', 'check', 'pay', 'close'] as const

let witness: Promise<Witness> | null = null

/** Says which code acted: it stands in the process, not in what was proposed. */
const actOf = (code: Code) =>
  tool({
    name: 'act',
    description: 'Acts.',
    input: z.object({ step: z.string() }),
    effect: 'keyed',
    keyRemembered: '1d',
    concurrent: true,
    key: ({ step }, { origin }) => `${origin}/${step}`,
    execute: async ({ step }, { key, fence }) => {
      witness ??= Witness.open(process.env.DEPLOYS_WORLD_URL ?? '')
      await (await witness).actOnce(code, key, fence)
      return step
    },
  })

const input = z.object({ id: z.string() })
const VERSION = { first: 1, again: 1, fits: 2, other: 3 } as const
const ACCEPTS: Partial<Record<Code, readonly number[]>> = { fits: [1], other: [2] }

/** Acts and waits for a person, by turns. The incompatible code greets first. */
export function deskOf(code: Code) {
  const act = actOf(code)
  const run = async (ctx: Ctx) => {
    if (code === 'other') await ctx.tool(act, { step: 'greet' })
    for (const step of STEPS) {
      await ctx.tool(act, { step })
      if (step === 'close') return code
      const asked = {
        question: `after ${step}`,
        answer: z.boolean(),
        to: 'ann',
        within: '1h',
        otherwise: false,
      } as const
      await ctx.ask(asked)
    }
    return code
  }
  const accepts = ACCEPTS[code]
  return flow({ name: 'desk', version: VERSION[code], ...(accepts && { accepts }), input, run })
}
