import { setTimeout as pause } from 'node:timers/promises'
import { flow, midwatch, tool } from 'midwatch'
import { z } from 'zod'
import type { Scene, Survivor } from '../crash/survivor.js'
import { nextResult } from '../result.js'

/** The effect classes: what becomes of a write whose worker died before it was written down. */
export const CLASSES = ['keyed', 'checked', 'once'] as const
export type EffectClass = (typeof CLASSES)[number]

const input = z.object({ run: z.string(), step: z.number().int() })
const LOOK_MS = 5
/** A tool that is done in microseconds: nobody may say that it did not act before it is over. */
const TIMEOUT = '1s'

/** The whole runtime through its public API, with a tool of one effect class that writes to the world. */
export async function survive(scene: Scene, effectClass: EffectClass): Promise<Survivor> {
  const worked = workedFlow(toolOf(scene, effectClass))
  const mw = await midwatch({ run: [worked], databaseUrl: scene.url })
  const started = (run: string, steps: number) => mw.start(worked, { input: { run, steps }, key: run })
  return {
    begin: async (run, steps) => {
      await (await started(run, steps)).outcome()
    },
    goOn: async (run, steps) => {
      const { id, outcome } = await started(run, steps).then((found) => ({ id: found.id, outcome: found.outcome() }))
      const asked = effectClass === 'once' ? questionOf(mw, id) : null
      const ended = outcome.then(({ status }) => {
        if (status !== 'completed') throw new Error(`Run ${run} ended ${status}.`)
        return 'ended' as const
      })
      return asked === null ? ended : Promise.race([asked, ended])
    },
    close: () => mw.stop(),
  }
}

type Runtime = Awaited<ReturnType<typeof midwatch>>

/** Resolves when a person has been asked about a run. */
async function questionOf({ ledger }: Runtime, runId: string): Promise<'with a person'> {
  while ((await ledger.escalations({ state: 'open', runId })).length === 0) await pause(LOOK_MS)
  return 'with a person'
}

function workedFlow(act: ReturnType<typeof toolOf>) {
  return flow({
    name: 'survives',
    version: 1,
    input: z.object({ run: z.string(), steps: z.number().int() }),
    run: async (ctx, { run, steps }) => {
      for (let step = 0; step < steps; step += 1) await ctx.tool(act, { run, step })
      return { steps }
    },
  })
}

function toolOf({ effect, isDone }: Scene, effectClass: EffectClass) {
  const usual = { name: 'act', description: 'Act on the world.', input, timeout: TIMEOUT } as const
  if (effectClass === 'checked') {
    return tool({
      ...usual,
      effect: 'checked',
      execute: async ({ run, step }) => effect(run, step),
      check: async ({ run, step }) =>
        isDone(run, step) ? { did: 'happen', result: nextResult() } : { did: 'not_happen' },
    })
  }
  if (effectClass === 'once') {
    return tool({ ...usual, effect: 'once', isolate: 'none', execute: async ({ run, step }) => effect(run, step) })
  }
  return tool({
    ...usual,
    effect: 'keyed',
    keyRemembered: '1d',
    // The world keeps the keys that it has seen, so that a second send while the first is under way does nothing.
    concurrent: true,
    execute: async ({ run, step }, { key }) => effect(run, step, key),
  })
}
