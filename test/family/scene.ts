import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { fault } from '../../src/tools/fault.js'
import { meter } from '../../src/tools/meter.js'
import { tool } from '../../src/tools/tool.js'
import { Witness } from '../crash/witness.js'

export const FAMILY_WORLD = 'FAMILY_WORLD_URL'

let opened: Promise<Witness> | null = null
function witness(): Promise<Witness> {
  opened ??= Witness.open(process.env[FAMILY_WORLD] ?? '')
  return opened
}

// ---- a nightly batch

/** One row in a hundred cannot be worked. */
export const isBad = (no: number): boolean => no % 100 === 37
export const rowKey = (no: number): string => `row-${String(no).padStart(5, '0')}`

/** Acts each time it is asked: what keeps a row from being worked twice is the ledger alone. */
const post = tool({
  name: 'post_row',
  description: 'Posts one row.',
  input: z.object({ no: z.number() }),
  effect: 'checked',
  timeout: '5s',
  key: ({ no }) => rowKey(no),
  check: async (_, { key }) =>
    (await (await witness()).has('post_row', key)) ? { did: 'happen', result: key } : { did: 'not_happen' },
  execute: async ({ no }, { key, fence }) => {
    if (isBad(no)) throw fault.permanent('bad_row')
    await (await witness()).act('post_row', key, fence)
    return key
  },
})

export const batch = flow({
  name: 'batch',
  version: 1,
  input: z.object({ rows: z.number(), atOnce: z.number() }),
  run: async (ctx, { rows, atOnce }) => {
    const all = await ctx.read('rows', async () => Array.from({ length: rows }, (_, no) => ({ no })))
    const mapped = await ctx.map(all, { atOnce, key: ({ no }) => rowKey(no) }, async (c, { no }) =>
      c.tool(post, { no }),
    )
    return { done: mapped.done.length, failed: mapped.not.map(({ key }) => key) }
  },
})

// ---- runs three deep

const tickets = meter('tickets', 'count')
const BRANCHES = 2
const TAKES = 4
/** Tickets that one tree asks for. */
export const ASKED = BRANCHES * BRANCHES * TAKES

const take = tool({
  name: 'take',
  description: 'Takes a ticket.',
  input: z.object({ id: z.string() }),
  effect: 'checked',
  timeout: '5s',
  meters: { [tickets.name]: () => 1 },
  check: async (_, { key }) =>
    (await (await witness()).has('take', key)) ? { did: 'happen', result: key } : { did: 'not_happen' },
  execute: async (_, { key, fence }) => {
    await (await witness()).act('take', key, fence)
    return key
  },
})

const below = z.object({ id: z.string() })
const leaf = flow({
  name: 'leaf',
  version: 1,
  input: below,
  tools: [take],
  run: async (ctx, { id }) => {
    for (let n = 0; n < TAKES; n += 1) await ctx.tool(take, { id: `${id}.${n}` })
    return TAKES
  },
})
const branch = flow({
  name: 'branch',
  version: 1,
  input: below,
  run: async (ctx, { id }) => {
    const ends = await ctx.all(
      Array.from({ length: BRANCHES }, (_, n) => async (c: typeof ctx) => c.agent(leaf, { id: `${id}.${n}` })),
    )
    return ends.map(({ status }) => status)
  },
})
/** Calls two that call two each; how those of the deepest ended is all that it says. */
export const root = flow({
  name: 'root',
  version: 1,
  input: below,
  run: async (ctx, { id }) => {
    const ends: string[] = []
    for (let n = 0; n < BRANCHES; n += 1) {
      const end = await ctx.agent(branch, { id: `${id}.${n}` })
      ends.push(...(end.status === 'completed' ? end.output : [end.status]))
    }
    return ends
  },
})

export const SERVED = [batch, root, branch, leaf]
