import { z } from 'zod'
import type { EffectClass } from '../../src/core/states.js'
import { flow } from '../../src/orchestrator/flow.js'
import { type AnyTool, tool } from '../../src/tools/tool.js'
import { Witness } from './witness.js'

const input = z.object({ name: z.string() })
const timeout = '400ms'

/** The witness is opened where a tool first needs it: in the worker, or in the process that takes over. */
const opened = new Map<string, Promise<Witness>>()
function witness(): Promise<Witness> {
  const url = process.env.CRASH_WORLD_URL ?? ''
  const known = opened.get(url) ?? Witness.open(url)
  opened.set(url, known)
  return known
}

const shared = { description: 'Acts on the world.', input, timeout } as const

export const look = tool({
  ...shared,
  name: 'look',
  effect: 'read',
  execute: async ({ name }) => ({ seen: await (await witness()).has('look', name) }),
})

export const keyed = tool({
  ...shared,
  name: 'keyed_act',
  effect: 'keyed',
  keyRemembered: '1h',
  key: ({ name }) => name,
  execute: async ({ name }, call) => {
    await (await witness()).actOnce('keyed_act', call.key, call.fence)
    return { did: name }
  },
})

export const checked = tool({
  ...shared,
  name: 'checked_act',
  effect: 'checked',
  key: ({ name }) => name,
  check: async ({ name }, call) =>
    (await (await witness()).has('checked_act', call.key))
      ? { did: 'happen', result: { did: name } }
      : { did: 'not_happen' },
  execute: async ({ name }, call) => {
    await (await witness()).act('checked_act', call.key, call.fence)
    return { did: name }
  },
})

export const once = tool({
  ...shared,
  name: 'once_act',
  effect: 'once',
  isolate: 'none',
  key: ({ name }) => name,
  execute: async ({ name }, call) => {
    await (await witness()).act('once_act', call.key, call.fence)
    return { did: name }
  },
})

const TOOLS: Record<EffectClass, AnyTool> = { read: look, keyed, checked, once }

/** A run that acts three times with a tool of one class, reads between, and sleeps once. */
export function sceneOf(effect: EffectClass) {
  const act = TOOLS[effect] as typeof keyed
  return flow({
    name: `crash-${effect}`,
    version: 1,
    input: z.object({ id: z.string() }),
    ceilings: { run: { steps: 12, attempts: 40, retries: 30, active: '1m' } },
    run: async (ctx, { id }) => {
      await ctx.tool(look, { name: id })
      const done: string[] = []
      for (const n of [1, 2, 3]) {
        const result = await ctx.try.tool(act, { name: `${id}:${n}` })
        done.push(result.status)
        if (n === 2) await ctx.sleep('250ms')
      }
      return { done }
    },
  })
}
