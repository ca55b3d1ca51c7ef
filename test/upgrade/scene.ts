import pg from 'pg'
import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'

/** How a worker is started. */
export interface Asked {
  readonly url: string
  readonly name: string
}

/** What a worker tells of itself. */
export type Told =
  | { readonly what: 'works' }
  | { readonly what: 'refused'; readonly code: string }
  | { readonly what: 'alarm'; readonly says: string }
  | { readonly what: 'readiness'; readonly missing: readonly string[] }

/** Where the world writes down what was done, beside the ledger: a row for each act, however often. */
export const WORLD = `create schema upgrade_world; create table upgrade_world.done (key text not null);
  grant usage on schema upgrade_world to public; grant insert, select on upgrade_world.done to public`

let world: pg.Pool | undefined

const act = tool({
  name: 'act',
  description: 'Acts on the world.',
  input: z.object({ n: z.number() }),
  effect: 'checked',
  timeout: '10s',
  key: ({ n }, { message }) => `${message.key}:${n}`,
  check: async (_, { key }) => ((await done(key)) ? { did: 'happen', result: key } : { did: 'not_happen' }),
  execute: async (_, { key }) => {
    await asked('insert into upgrade_world.done (key) values ($1)', key)
    return key
  },
})
const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: async () => 1 })

const asked = (text: string, key: string) => {
  world ??= new pg.Pool({ connectionString: process.env.UPGRADE_WORLD_URL ?? '', max: 2 })
  return world.query(text, [key])
}
const done = async (key: string) =>
  ((await asked('select from upgrade_world.done where key = $1', key)).rowCount ?? 0) > 0

export const ACTS = 3

/** Looks, acts and rests by turns: every kind of write that a run makes, and several claims. */
export const errand = flow({
  name: 'errand',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    for (let n = 0; n < ACTS; n += 1) {
      await ctx.tool(look, {})
      await ctx.tool(act, { n })
      await ctx.sleep('150ms')
    }
    return 'done'
  },
})
