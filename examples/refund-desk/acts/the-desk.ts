import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostileWorld } from '../night/hostile.js'
import { type Night, nightFromEnvironment } from '../night/night.js'
import { postgresBooks } from '../payments/books.js'
import { httpPayments } from '../payments/client.js'
import type { Payments } from '../payments/port.js'
import { paymentProvider } from '../payments/provider.js'
import { openPool, postgresWorld } from '../world/postgres.js'
import { postgresWitness } from '../world/postgres-witness.js'
import type { Side } from '../world/witness.js'
import type { Desk } from './desk.js'

/** Schemas of the two desks' shops. */
export const SHOPS: Readonly<Record<Side, string>> = { midwatch: 'refund_desk', naive: 'refund_desk_naive' }
/** How child processes are told where the shop lies. Credentials of the provider travel as a secret of their own. */
export const SHOP_URL = 'REFUND_DESK_URL'
export const PAYMENTS_URL = 'REFUND_DESK_PAYMENTS'
export const NIGHT_SEED = 'REFUND_DESK_NIGHT'
const TOKEN = 'PAYMENTS_TOKEN'

/** Left beside the ledger's data, so that messages typed after the night find the same shop. */
export interface LeftBehind {
  readonly shopUrl: string
}

export function leftBehindPath(home: string): string {
  return join(home, 'refund-desk.json')
}

let opened: Promise<Desk> | undefined
const lent = new WeakMap<object, Desk>()

/** The desk that a call works on: this process's, as its environment names it, unless the call was lent another. */
export function theDesk(call?: object): Promise<Desk> {
  const other = call && lent.get(call)
  if (other) return Promise.resolve(other)
  opened ??= Promise.resolve(openDesk('midwatch'))
  return opened
}

/** Has one call work on another desk: in a rehearsal each case has a desk of its own. */
export function atDesk<C extends object>(desk: Desk, call: C): C {
  lent.set(call, desk)
  return call
}

/** The night that this process works in; calm where none is named. */
export function nightHere(): Night {
  return nightFromEnvironment(process.env[NIGHT_SEED])
}

/** Opens one side's shop by the environment. Throws where it says nothing and no night has left a shop behind. */
export function openDesk(side: Side): Desk {
  const pool = openPool(shopUrl())
  const schema = SHOPS[side]
  const witness = postgresWitness(pool, side)
  const account = process.env[PAYMENTS_URL]
  const payments: Payments = account
    ? httpPayments(`${account}/${side}`, process.env[TOKEN] ?? '')
    : paymentProvider({ books: postgresBooks({ pool, schema, side }), witness })
  return { world: hostileWorld(postgresWorld({ pool, schema, side }), nightHere()), payments, witness }
}

function shopUrl(): string {
  const named = process.env[SHOP_URL]
  if (named) return named
  const path = leftBehindPath(process.env.MIDWATCH_HOME ?? '.midwatch')
  if (!existsSync(path)) {
    throw new Error(`There is no shop yet: run "npm start" once, or set ${SHOP_URL} to a database that holds one.`)
  }
  return (JSON.parse(readFileSync(path, 'utf8')) as LeftBehind).shopUrl
}
