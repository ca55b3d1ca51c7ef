import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'
import { Witness } from '../crash/witness.js'

const input = z.object({ name: z.string() })

/** Opened where a tool first needs it: in the worker, or in the process that takes over; a world each night. */
const opened = new Map<string, Promise<Witness>>()
function witness(): Promise<Witness> {
  const url = process.env.CRASH_WORLD_URL ?? ''
  const known = opened.get(url) ?? Witness.open(url)
  opened.set(url, known)
  return known
}

/** Its provider knows keys, of bookings and of cancellations. */
const keyed = tool({
  ...{ name: 'keyed_act', description: 'Acts.', input, effect: 'keyed', keyRemembered: '1h', timeout: '1500ms' },
  attempts: 9,
  key: ({ name }) => name,
  execute: async ({ name }, call) => {
    await (await witness()).actOnce('keyed_act', call.key, call.fence)
    return { did: name }
  },
  undo: {
    effect: 'keyed',
    keyRemembered: '1h',
    attempts: 9,
    execute: async (_, result, call) => {
      await (await witness()).actOnce('keyed_act.undo', call.key, call.fence)
      return { undid: result?.did ?? null }
    },
  },
})

/** Acts whenever it is told to, and can be asked. */
const checked = tool({
  ...{ name: 'checked_act', description: 'Acts.', input, effect: 'checked', timeout: '1500ms' },
  attempts: 9,
  key: ({ name }) => name,
  check: async ({ name }, call) =>
    (await (await witness()).has('checked_act', call.key))
      ? { did: 'happen', result: { did: name } }
      : { did: 'not_happen' },
  execute: async ({ name }, call) => {
    await (await witness()).act('checked_act', call.key, call.fence)
    return { did: name }
  },
  undo: {
    effect: 'checked',
    attempts: 9,
    check: async (_, __, call) =>
      (await (await witness()).has('checked_act.undo', call.key))
        ? { did: 'happen', result: null }
        : { did: 'not_happen' },
    execute: async (_, __, call) => (await witness()).act('checked_act.undo', call.key, call.fence),
  },
})

/** Acts three times, and is then refused. */
export const unwound = flow({
  name: 'unwound',
  version: 1,
  input: z.object({ id: z.string() }),
  tools: [keyed, checked],
  ceilings: { run: { steps: 3, active: '1m' } },
  windDown: 'undo',
  run: async (ctx, { id }) => {
    await ctx.tool(keyed, { name: `${id}:1` })
    await ctx.tool(checked, { name: `${id}:2` })
    await ctx.tool(keyed, { name: `${id}:3` })
    return ctx.refuse('policy', 'No.')
  },
})

/** What must be done in the world, in this order, and nothing else; an undo by the key of what it takes back. */
export const wanted = (id: string): string[] => [
  `keyed_act ${id}:1`,
  `checked_act ${id}:2`,
  `keyed_act ${id}:3`,
  `keyed_act.undo ${id}:3`,
  `checked_act.undo ${id}:2`,
  `keyed_act.undo ${id}:1`,
]
