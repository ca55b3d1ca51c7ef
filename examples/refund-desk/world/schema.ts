import type { ClientBase } from 'pg'
import { stockedCustomers, stockedOrders } from './stock.js'

/** Where the execution journal lies, apart from both desks' shops. */
export const WITNESS_SCHEMA = 'refund_desk_witness'

/** Tables of one shop, in a schema of its own beside whatever else the database holds. */
const SHOP = `
create table customer (
  id text primary key, name text not null, email text not null, credit_cents int not null default 0,
  history jsonb not null
);
create table orders (
  id text primary key, customer_id text not null references customer, item text not null,
  total_cents int not null check (total_cents > 0),
  state text not null check (state in ('open', 'shipped', 'delivered', 'cancelled'))
);
create table payment (
  refund_id text primary key, order_id text not null, cents int not null check (cents > 0),
  booked_at timestamptz not null default now()
);
create table outbox (
  id bigint generated always as identity primary key, customer_id text not null, order_id text not null,
  subject text not null, body text not null
);
create table note (id bigint generated always as identity primary key, order_id text not null, text text not null);
create table credit (
  id bigint generated always as identity primary key, customer_id text not null, order_id text not null, cents int not null
);
create table act_key (act text not null, key text not null, answer jsonb, primary key (act, key));
create table provider_refund (
  id bigint generated always as identity primary key, order_id text not null, cents int not null, key text unique
);
`

const WITNESS = `
create schema if not exists ${WITNESS_SCHEMA};
create table if not exists ${WITNESS_SCHEMA}.fact (
  id bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(),
  side text not null, deed text not null, order_id text not null, key text, amount bigint not null, detail text not null
);
`

/** Drops and creates a shop, stocked as before the night. Schema names come from this example alone, never from input. */
export async function createShop(db: ClientBase, schema: string): Promise<void> {
  await db.query(
    `drop schema if exists ${schema} cascade; create schema ${schema}; set search_path to ${schema}; ${SHOP}`,
  )
  for (const c of stockedCustomers()) {
    const values = [c.id, c.name, c.email, JSON.stringify(c.history)]
    await db.query('insert into customer (id, name, email, history) values ($1, $2, $3, $4)', values)
  }
  for (const o of stockedOrders()) {
    const values = [o.id, o.customerId, o.item, o.totalCents, o.state]
    await db.query('insert into orders (id, customer_id, item, total_cents, state) values ($1, $2, $3, $4, $5)', values)
  }
  await db.query('set search_path to default')
}

/** The execution journal, empty. */
export async function createWitness(db: ClientBase): Promise<void> {
  await db.query(`drop schema if exists ${WITNESS_SCHEMA} cascade; ${WITNESS}`)
}
