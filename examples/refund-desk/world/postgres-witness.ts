import type { Pool } from 'pg'
import { WITNESS_SCHEMA } from './schema.js'
import type { Deed, Fact, Side, Witness, WrittenFact } from './witness.js'

/** Whatever runs a statement: a pool, or a client inside a transaction. */
export type Queries = Pick<Pool, 'query'>

interface FactRow {
  at: Date
  side: Side
  deed: Deed
  order_id: string
  key: string | null
  amount: string
  detail: string
}

/** The execution journal in PostgreSQL, shared by all processes of the night. */
export function postgresWitness(db: Queries, side: Side): Witness {
  return {
    record: (fact) => recordFact(db, side, fact),
    facts: async () => {
      const { rows } = await db.query<FactRow>(`select * from ${WITNESS_SCHEMA}.fact where side = $1 order by id`, [
        side,
      ])
      return rows.map(factOf)
    },
  }
}

/** Inside the deed's own transaction, deed and fact are one. */
export async function recordFact(db: Queries, side: Side, fact: Fact): Promise<void> {
  const values = [side, fact.deed, fact.orderId, fact.key, fact.amount, fact.detail]
  await db.query(
    `insert into ${WITNESS_SCHEMA}.fact (side, deed, order_id, key, amount, detail) values ($1, $2, $3, $4, $5, $6)`,
    values,
  )
}

function factOf(row: FactRow): WrittenFact {
  const { side, deed, key, detail } = row
  return { side, deed, key, detail, orderId: row.order_id, amount: Number(row.amount), atMs: row.at.getTime() }
}
