import { EventEmitter, once } from 'node:events'
import pg from 'pg'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { flow, midwatch, tool } from '../src/index.js'
import { freshDatabase } from './database.js'

it('what waits for a lock in the ledger holds up no other run of its worker', async () => {
  const database = await freshDatabase()
  const gates = new EventEmitter()
  const come = { held: once(gates, 'come held'), free: once(gates, 'come free') }
  const passes = tool({
    name: 'passes',
    description: 'Returns once its gate is open.',
    input: z.object({ gate: z.enum(['held', 'free']) }),
    effect: 'read',
    execute: async ({ gate }, { runId }) => {
      const opened = once(gates, `open ${gate}`)
      gates.emit(`come ${gate}`, runId)
      await opened
      return gate
    },
  })
  const through = flow({
    name: 'through',
    version: 1,
    input: z.object({ gate: z.enum(['held', 'free']) }),
    run: (ctx, input) => ctx.tool(passes, input),
  })
  const mw = await midwatch({ run: [through], databaseUrl: database.url })
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  try {
    const held = await mw.start(through, { input: { gate: 'held' } })
    const free = await mw.start(through, { input: { gate: 'free' } })
    const [[heldId]] = await Promise.all([come.held, come.free])
    await other.query('begin')
    await other.query('select from midwatch.run where run_id = $1 for update', [heldId])
    gates.emit('open held')
    await vi.waitFor(async () => {
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      expect((await other.query(`${waiting} and query like '%midwatch.apply%'`)).rowCount).toBe(1)
    })
    gates.emit('open free')
    expect(await free.outcome()).toMatchObject({ status: 'completed', output: 'free' })
    await other.query('rollback')
    expect(await held.outcome()).toMatchObject({ status: 'completed', output: 'held' })
  } finally {
    await other.end()
    await mw.stop()
    await database.drop()
  }
})
