import type { Pool } from 'pg'
import type { Refund } from '../world/port.js'
import { recordFact } from '../world/postgres-witness.js'
import type { Side, Witness } from '../world/witness.js'
import type { RefundRequest } from './port.js'

/** The provider's own memory: what it paid, and under which keys. */
export interface ProviderBooks {
  /** Pays and writes the execution journal, unless the key was seen before: then it gives the first refund back. */
  pay(request: RefundRequest): Promise<Refund>
  find(key: string): Promise<Refund | null>
}

/** Keys in memory, for as long as the process lives. */
export function memoryBooks(witness: Witness): ProviderBooks {
  const paid: { refund: Refund; key: string | null }[] = []
  const find = (key: string) => paid.find((one) => one.key === key)?.refund ?? null
  return {
    find: async (key) => find(key),
    pay: async ({ orderId, cents, key }) => {
      const before = key === null ? null : find(key)
      if (before) return before
      const refund = { id: `refund-${paid.length + 1}`, orderId, cents }
      paid.push({ refund, key })
      await witness.record({ deed: 'refund', orderId, key, amount: cents, detail: refund.id })
      return refund
    },
  }
}

interface RefundRow {
  id: string
  order_id: string
  cents: number
}

/** The same in the shop's PostgreSQL, so that the provider's memory outlives its process. */
export function postgresBooks({ pool, schema, side }: { pool: Pool; schema: string; side: Side }): ProviderBooks {
  const find = async (key: string) => {
    const { rows } = await pool.query<RefundRow>(`select * from ${schema}.provider_refund where key = $1`, [key])
    return rows[0] ? refundOf(rows[0]) : null
  }
  return {
    find,
    pay: async ({ orderId, cents, key }) => {
      const db = await pool.connect()
      try {
        await db.query('begin')
        const { rows } = await db.query<RefundRow>(
          `insert into ${schema}.provider_refund (order_id, cents, key) values ($1, $2, $3)
           on conflict (key) do nothing returning *`,
          [orderId, cents, key],
        )
        const refund = rows[0] ? refundOf(rows[0]) : null
        if (refund) await recordFact(db, side, { deed: 'refund', orderId, key, amount: cents, detail: refund.id })
        await db.query('commit')
        // Only a key can stand in the way, and whoever took it has committed.
        return refund ?? ((await find(key ?? '')) as Refund)
      } catch (error) {
        await db.query('rollback').catch(() => undefined)
        throw error
      } finally {
        db.release()
      }
    },
  }
}

function refundOf(row: RefundRow): Refund {
  return { id: `refund-${row.id}`, orderId: row.order_id, cents: row.cents }
}
