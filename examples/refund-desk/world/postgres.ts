import { Pool, type PoolClient } from 'pg'
import type { Customer, Mail, Order, OrderState, RefundWorld } from './port.js'
import { recordFact } from './postgres-witness.js'
import type { Deed, Side } from './witness.js'

export interface PostgresWorldOptions {
  readonly pool: Pool
  readonly schema: string
  readonly side: Side
}

interface OrderRow {
  id: string
  customer_id: string
  item: string
  total_cents: number
  state: OrderState
  refunded_cents: string
}

/** A pool that survives a server that goes away; the next query says so instead. */
export function openPool(url: string, max = 6): Pool {
  const pool = new Pool({ connectionString: url, max, allowExitOnIdle: true })
  pool.on('error', () => undefined)
  return pool
}

/** The shop in its own PostgreSQL schema. Each deed and its line in the execution journal are one transaction. */
export function postgresWorld({ pool, schema, side }: PostgresWorldOptions): RefundWorld {
  const shop = new Shop(pool, schema, side)
  return {
    order: (id) => shop.order(id),
    customer: (id) => shop.customer(id),
    bookRefund: async ({ id, orderId, cents }) => {
      const values = [id, orderId, cents]
      await pool.query(
        `insert into ${schema}.payment (refund_id, order_id, cents) values ($1, $2, $3) on conflict do nothing`,
        values,
      )
    },
    cancelOrder: (orderId, key) => shop.act('cancel', orderId, key, (db) => shop.cancel(db, orderId)),
    sendEmail: (mail, key) => shop.act('email', mail.orderId, key, (db) => shop.mail(db, mail)),
    addNote: (orderId, text, key) => shop.act('note', orderId, key, (db) => shop.note(db, orderId, text)),
    giveCredit: (credit) => shop.act('credit', credit.orderId, null, (db) => shop.credit(db, credit)),
    close: () => pool.end(),
  }
}

/** What an act answers, and what the journal shall say of it; no `saw`: nothing happened. */
interface Acted<T> {
  readonly answer: T
  readonly saw?: { readonly amount?: number; readonly detail?: string }
}

class Shop {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
    private readonly side: Side,
  ) {}

  async order(id: string): Promise<Order | null> {
    const { rows } = await this.pool.query<OrderRow>(
      `select o.*, (select coalesce(sum(cents), 0) from ${this.schema}.payment p where p.order_id = o.id) refunded_cents
       from ${this.schema}.orders o where o.id = $1`,
      [id],
    )
    const row = rows[0]
    if (!row) return null
    const { customer_id: customerId, total_cents: totalCents, item, state } = row
    return { id, customerId, item, totalCents, state, refundedCents: Number(row.refunded_cents) }
  }

  async customer(id: string): Promise<Customer | null> {
    const { rows } = await this.pool.query<Omit<Customer, 'creditCents'> & { credit_cents: number }>(
      `select * from ${this.schema}.customer where id = $1`,
      [id],
    )
    const row = rows[0]
    if (!row) return null
    return { id, name: row.name, email: row.email, creditCents: row.credit_cents, history: row.history }
  }

  /** One transaction: the key is taken (or its first answer given back), the act done, the fact written. */
  async act<T>(
    deed: Deed,
    orderId: string,
    key: string | null,
    perform: (db: PoolClient) => Promise<Acted<T>>,
  ): Promise<T> {
    const db = await this.pool.connect()
    try {
      await db.query('begin')
      const before = key === null ? undefined : await this.takeKey(db, deed, key)
      const answer = before ? (before.answer as T) : await this.first(db, { deed, orderId, key }, perform)
      await db.query('commit')
      return answer
    } catch (error) {
      await db.query('rollback').catch(() => undefined)
      throw error
    } finally {
      db.release()
    }
  }

  private async first<T>(
    db: PoolClient,
    of: { deed: Deed; orderId: string; key: string | null },
    perform: (db: PoolClient) => Promise<Acted<T>>,
  ): Promise<T> {
    const { answer, saw } = await perform(db)
    if (saw) await recordFact(db, this.side, { ...of, amount: saw.amount ?? 0, detail: saw.detail ?? '' })
    if (of.key !== null) {
      const values = [of.deed, of.key, JSON.stringify(answer)]
      await db.query(`update ${this.schema}.act_key set answer = $3 where act = $1 and key = $2`, values)
    }
    return answer
  }

  /** Waits for a rival transaction with the same key; its answer then is the answer. */
  private async takeKey(db: PoolClient, act: string, key: string): Promise<{ answer: unknown } | undefined> {
    const taken = await db.query(
      `insert into ${this.schema}.act_key (act, key) values ($1, $2) on conflict do nothing returning key`,
      [act, key],
    )
    if (taken.rowCount === 1) return undefined
    const first = await db.query<{ answer: unknown }>(
      `select answer from ${this.schema}.act_key where act = $1 and key = $2`,
      [act, key],
    )
    return first.rows[0]
  }

  async cancel(db: PoolClient, orderId: string): Promise<Acted<boolean>> {
    const done = await db.query(
      `update ${this.schema}.orders set state = 'cancelled' where id = $1 and state = 'open'`,
      [orderId],
    )
    return done.rowCount === 1 ? { answer: true, saw: {} } : { answer: false }
  }

  async mail(db: PoolClient, mail: Mail): Promise<Acted<{ mailId: string }>> {
    const { customerId, orderId, subject, body } = mail
    const id = await this.insert(db, 'outbox (customer_id, order_id, subject, body)', [
      customerId,
      orderId,
      subject,
      body,
    ])
    return { answer: { mailId: `mail-${id}` }, saw: { detail: `${customerId}: ${subject}: ${body}` } }
  }

  async note(db: PoolClient, orderId: string, text: string): Promise<Acted<{ noteId: string }>> {
    const id = await this.insert(db, 'note (order_id, text)', [orderId, text])
    return { answer: { noteId: `note-${id}` }, saw: { detail: text } }
  }

  async credit(
    db: PoolClient,
    { customerId, orderId, cents }: { customerId: string; orderId: string; cents: number },
  ): Promise<Acted<{ creditId: string }>> {
    const id = await this.insert(db, 'credit (customer_id, order_id, cents)', [customerId, orderId, cents])
    const values = [customerId, cents]
    await db.query(`update ${this.schema}.customer set credit_cents = credit_cents + $2 where id = $1`, values)
    return { answer: { creditId: `credit-${id}` }, saw: { amount: cents, detail: customerId } }
  }

  private async insert(db: PoolClient, into: string, values: readonly unknown[]): Promise<string> {
    const places = values.map((_, index) => `$${index + 1}`).join(', ')
    const { rows } = await db.query<{ id: string }>(
      `insert into ${this.schema}.${into} values (${places}) returning id`,
      [...values],
    )
    return rows[0]?.id ?? ''
  }
}
