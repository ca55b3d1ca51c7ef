import { createHash } from 'node:crypto'
import pg from 'pg'
import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'

/** What the world saw, in the order in which it did. */
export const WITNESS =
  'create table if not exists public.seen (no bigserial primary key, session text, n int, key text)'

let pool: pg.Pool | undefined
function world(): pg.Pool {
  pool ??= new pg.Pool({ connectionString: process.env.SESSIONS_WORLD_URL ?? '', max: 4 })
  pool.on('error', () => undefined)
  return pool
}

const act = tool({
  name: 'tell_world',
  description: 'Tells the world of a message.',
  input: z.object({ session: z.string(), n: z.number() }),
  effect: 'checked',
  timeout: '5s',
  key: ({ session, n }) => `${session}:${n}`,
  check: async (_, { key }) => {
    const { rowCount } = await world().query('select from public.seen where key = $1', [key])
    return rowCount ? { did: 'happen', result: null } : { did: 'not_happen' }
  },
  execute: async ({ session, n }, { key }) => {
    await world().query('insert into public.seen (session, n, key) values ($1, $2, $3)', [session, n, key])
    return null
  },
})

export interface Tally {
  readonly count: number
  /** Of all messages so far, in their order: another order, or one twice, gives another. */
  readonly digest: string
}
export const NOTHING: Tally = { count: 0, digest: '' }

/** What one message makes of a state. */
export function after({ count, digest }: Tally, n: number): Tally {
  return { count: count + 1, digest: createHash('sha256').update(`${digest}|${n}`).digest('hex').slice(0, 16) }
}

/** Works one message: tells the world, and writes the state. */
export const tally = flow({
  name: 'tally',
  version: 1,
  input: z.object({ session: z.string(), n: z.number() }),
  tools: [act],
  session: {
    state: z.object({ count: z.number(), digest: z.string() }),
    version: 1,
    initial: NOTHING,
    gapWithin: '1h',
  },
  run: async (ctx, { session, n }) => {
    const next = after(ctx.state, n)
    await ctx.tool(act, { session, n })
    await ctx.setState(next)
    return next.count
  },
})
