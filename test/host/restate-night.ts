import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Case, Trouble } from '../../examples/refund-desk/night/cases.js'
import { type NightOptions, type NightRecord, workNight } from '../../examples/restate/night.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { freshDatabase } from '../database.js'

export type Judged = NightRecord & { readonly violations: readonly string[] }

/** A night under Restate in a database of its own, which is verified afterwards. */
export async function judgedNight(options: Omit<NightOptions, 'home' | 'databaseUrl'>): Promise<Judged> {
  const database = await freshDatabase()
  const home = mkdtempSync(join(tmpdir(), 'midwatch-restate-'))
  try {
    const record = await workNight({ ...options, home, databaseUrl: database.url })
    const ledger = await postgresLedger({ url: database.url })
    const { violations } = await verifyLedger(ledger).finally(() => ledger.close())
    return { ...record, violations: violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`) }
  } finally {
    rmSync(home, { recursive: true, force: true })
    await database.drop()
  }
}

/** Where in each sixteen orders something befalls one. More of it, and the provider's circuit breaker is open for most of the night. */
const TROUBLES: Readonly<Record<number, Trouble>> = {
  2: 'lost_answer',
  5: 'slow',
  9: 'slow',
  12: 'broken',
  15: 'worker_killed',
}
const TURN = 16

/** So many customers, each with an order of their own that is to be refunded. */
export function crowd(size: number): Case[] {
  return Array.from({ length: size }, (_, n) => {
    const orderId = orderOf(n)
    const text = `The mug of order ${orderId} is cracked. Please refund it.`
    const trouble = TROUBLES[n % TURN] ?? 'none'
    const name = `customer ${n + 1}`
    return { name, orderId, messages: [{ session: name, text }], trouble, mood: 'steady', shows: 'one of many' }
  })
}

const orderOf = (n: number): string => String(2_001 + n)

/** Puts the orders of a crowd into the shop. */
export async function stock(shopUrl: string, size: number): Promise<void> {
  const client = new pg.Client(shopUrl)
  await client.connect()
  await client.query(
    `insert into refund_desk.orders (id, customer_id, item, total_cents, state)
     select (2000 + n)::text, 'c-01', 'mug', 500, 'delivered' from generate_series(1, $1) n`,
    [size],
  )
  await client.end()
}
