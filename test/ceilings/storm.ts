import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { freshDatabase } from '../database.js'
import { type Books, recount } from './books.js'
import { BRANCHES, lost, rush, SERVED, spree } from './scene.js'

const TENANTS = ['acme', 'bolt'] as const
const LOST = 6
const SESSIONS = 4
const LOOK_MS = 25

export interface Storm {
  readonly books: Books
  readonly violations: readonly string[]
  readonly seconds: number
}

/** So many runs in two worker processes, all after the same meter, under ceilings in every scope that there is. */
export async function storm(runs: { readonly rushes: number; readonly sprees: number }): Promise<Storm> {
  const database = await freshDatabase()
  const ledger = await postgresLedger({ url: database.url })
  await setCeilings(ledger, runs.rushes * BRANCHES)
  const mw = await assemble({ run: SERVED, worker: false }, { ledger })
  const workers = await Promise.all([worker(database.url), worker(database.url)])
  try {
    const begun = performance.now()
    const runIds = await startAll(mw, runs)
    await untilStill(ledger, runIds.length)
    const seconds = (performance.now() - begun) / 1_000
    const books = await recount(ledger, runIds)
    const { violations } = await verifyLedger(ledger)
    return { books, seconds, violations: violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`) }
  } finally {
    await Promise.all(workers.map(dismiss))
    await mw.stop()
    await ledger.close()
    await database.drop()
  }
}

/** Two tickets a branch are asked for on average: each ceiling is less than its scope wants. */
async function setCeilings(ledger: Ledger, branches: number): Promise<void> {
  const set = (scope: string, share: number, per: 'total' | 'day' | 'hour' = 'total') =>
    ledger.setCeiling({ scope, meter: 'tickets', per, limit: Math.floor(branches * share), by: 'operator' })
  await set('session:bolt/s', 0.01)
  await set('tenant:acme', 0.4, 'day')
  await set('tool:grab', 0.35, 'hour')
  await set('fleet', 0.9)
}

async function worker(url: string): Promise<ChildProcess> {
  const child = await forkBuilt(new URL('worker.ts', import.meta.url), [url])
  await once(child, 'message')
  return child
}

async function dismiss(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.disconnect()
  await gone
}

async function startAll(mw: Midwatch, runs: { rushes: number; sprees: number }): Promise<string[]> {
  const tenantOf = (no: number) => TENANTS[no % TENANTS.length] ?? 'acme'
  const some = (count: number) => Array.from({ length: count }, (_, no) => no)
  const first = [
    ...some(LOST).map((no) => mw.start(lost, { input: { no }, tenant: tenantOf(no) })),
    ...some(runs.sprees).map((no) =>
      mw.start(spree, { input: { no }, tenant: tenantOf(no), session: `spree ${no % SESSIONS}` }),
    ),
  ]
  const rest = some(runs.rushes).map((no) => mw.start(rush, { input: { no }, tenant: tenantOf(no), ...sessionOf(no) }))
  return (await Promise.all([...first, ...rest])).map((run) => run.id)
}

/** Every eighth run is one of a session: there they are worked one after the other. */
const sessionOf = (no: number) => (no % 8 === 1 ? { session: 's' } : {})

/** Until all have ended but those that wait for a person. */
async function untilStill(ledger: Ledger, runs: number): Promise<void> {
  for (;;) {
    const going = await ledger.runs({ states: ['queued', 'running', 'waiting'], limit: runs })
    const asking = going.filter((run) => run.waits?.startsWith('person:'))
    if (going.length === asking.length) return
    await new Promise((look) => setTimeout(look, LOOK_MS))
  }
}

/** How many reservations were asked for in all, granted or not. Every one of them is counted at the fleet's meter. */
export function askedIn({ books }: Storm): number {
  const refusals = [...books.meters.values()].reduce((sum, row) => sum + row.refusals, 0)
  return refusals + (books.meters.get('fleet tickets total')?.grants ?? 0)
}

/** By how much the worst grant of all passed its limit. */
export function overshootIn({ books }: Storm): number {
  return Math.max(...[...books.meters.values()].map((row) => row.overshoot))
}

/** Kinds of scope in which at least one reservation was refused. */
export function refusingScopes({ books }: Storm): string[] {
  const refusing = [...books.meters].filter(([, row]) => row.refusals > 0)
  return [...new Set(refusing.map(([row]) => row.split(/[: ]/)[0] ?? ''))].sort()
}

/** A line for the storm and one for each meter. */
export function describe(one: Storm): string {
  const { books, violations, seconds } = one
  const open = books.meters.get('fleet tickets total')?.open
  const head = `${askedIn(one)} reservations in ${seconds.toFixed(1)} s: overshoot ${overshootIn(one)}, meters not conserved ${books.wrong.length}, violations ${violations.length}; in doubt and still reserved: ${open}`
  const rows = [...books.meters].filter(([row]) => row.includes(' tickets ')).sort()
  const lines = rows.map(
    ([row, of]) =>
      `  ${row.padEnd(32)} limit ${of.limit}, most ${of.most}; ${of.grants} granted, ${of.refusals} refused; settled ${of.settled}, open ${of.open}`,
  )
  return [head, ...lines, ...books.wrong, ...violations].join('\n')
}
