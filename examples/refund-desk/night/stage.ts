import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Midwatch, midwatch } from 'midwatch'
import { leftBehindPath, NIGHT_SEED, PAYMENTS_URL, SHOP_URL, SHOPS } from '../acts/the-desk.js'
import { refundDesk } from '../agent.js'
import { postgresBooks } from '../payments/books.js'
import { paymentProvider } from '../payments/provider.js'
import { servePayments } from '../payments/server.js'
import { openPool } from '../world/postgres.js'
import { postgresWitness } from '../world/postgres-witness.js'
import { createShop, createWitness } from '../world/schema.js'
import { SIDES, type Side, type Witness } from '../world/witness.js'
import type { Night } from './night.js'

/** Everything that both desks stand on. */
export interface Stage {
  /** Starts and reads runs, and works none. */
  readonly mw: Midwatch
  readonly witness: Readonly<Record<Side, Witness>>
  /** What child processes must be told. */
  readonly env: Readonly<Record<string, string>>
  readonly log: number
  close(): Promise<void>
}

export interface StageOptions {
  readonly home: string
  /** Default: DATABASE_URL, else the embedded PostgreSQL in `home`. */
  readonly databaseUrl?: string
  readonly night: Night
  /** The provider has paid, and its sender is to die before it hears of it. */
  readonly killSender: (side: Side, pid: number) => void
}

const TOKEN = 'a-token-for-the-night'

/** PostgreSQL, two freshly stocked shops in it, the payment provider, and a client of the runtime. */
export async function setStage({ home, databaseUrl, night, killSender }: StageOptions): Promise<Stage> {
  mkdirSync(home, { recursive: true })
  const mw = await midwatch({ run: [refundDesk], home, worker: false, ...(databaseUrl && { databaseUrl }) })
  const url = shopUrlOf(mw)
  const pool = openPool(url)
  const witness = { midwatch: postgresWitness(pool, 'midwatch'), naive: postgresWitness(pool, 'naive') }
  const db = await pool.connect()
  await createWitness(db)
  for (const side of SIDES) await createShop(db, SHOPS[side])
  db.release()
  const account = (side: Side) =>
    paymentProvider({
      books: postgresBooks({ pool, schema: SHOPS[side], side }),
      witness: witness[side],
      trouble: (orderId, nth) => night.provider(orderId, nth),
      killSender: ({ senderPid }) => killSender(side, senderPid ?? 0),
    })
  const provider = await servePayments({ midwatch: account('midwatch'), naive: account('naive') })
  writeFileSync(leftBehindPath(home), `${JSON.stringify({ shopUrl: url })}\n`)
  return {
    mw,
    witness,
    env: {
      DATABASE_URL: url,
      [SHOP_URL]: url,
      [PAYMENTS_URL]: provider.url,
      [NIGHT_SEED]: String(night.seed),
      PAYMENTS_TOKEN: TOKEN,
    },
    log: openSync(join(home, 'night.log'), 'w'),
    close: async () => {
      await provider.stop()
      await pool.end()
      await mw.stop()
    },
  }
}

/** The shop lies beside the ledger, in the same database. */
function shopUrlOf(mw: Midwatch & { readonly databaseUrl?: string }): string {
  const url = mw.databaseUrl ?? process.env.DATABASE_URL
  if (!url) throw new Error('The runtime does not say where its database is; set DATABASE_URL.')
  return url
}
