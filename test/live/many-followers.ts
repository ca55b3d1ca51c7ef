import pg from 'pg'
import type { Entry } from '../../src/core/entries.js'
import { api } from '../../src/http/app.js'
import { listen } from '../../src/http/server.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { freshDatabase } from '../database.js'
import { BusyLedger } from './busy-ledger.js'
import { Follower, type Heard } from './follower.js'

export interface Plan {
  readonly onLedger: number
  readonly onRuns: number
  readonly stepsPerSecond: number
  readonly seconds: number
}

export interface Followed {
  readonly entries: number
  readonly events: number
  readonly steps: number
  readonly lateCommits: number
  readonly returns: number
  /** How often the one came back that takes nothing while everything is written: it was let go. */
  readonly stuckReturns: number
  /** From the first step to the last one's commit, and until every client had heard the end. */
  readonly wroteMs: number
  readonly tookMs: number
  /** What was missed, repeated or out of order, in words. */
  readonly wrong: readonly string[]
}

type PostgresLedger = Awaited<ReturnType<typeof postgresLedger>>

/** Of each run so many: by then a client hears what is written now, and what it does not take is kept for it. */
const RESTS_AFTER = 3
const PAGE = 500
const NO_LIMIT = { requestsPerMinute: 1_000_000, strangersPerMinute: 1_000_000 }

/** Clients of one server follow a ledger that is written to; every third leaves and comes back, the first one takes nothing. */
export async function manyFollowers(plan: Plan): Promise<Followed> {
  const database = await freshDatabase()
  const ledger = await postgresLedger({ url: database.url })
  const mw = await assemble({ run: [], worker: false, alarm: () => undefined }, { ledger })
  const served = api(mw, { access: 'open', limits: NO_LIMIT })
  const server = await listen(served, { host: '127.0.0.1', port: 0 })
  // It holds back what is admitted, until somebody has asked for the head.
  const older = new pg.Client(database.url)
  try {
    const busy = new BusyLedger(ledger, database.url)
    await older.connect()
    await older.query('begin; select pg_current_xact_id()')
    await busy.admit(plan.onRuns)
    return await followed(plan, busy, server.url)
  } finally {
    await older.end()
    await server.close(0)
    await mw.stop()
    await ledger.close()
    await database.drop()
  }

  async function followed(p: Plan, busy: BusyLedger, url: string): Promise<Followed> {
    const begun = performance.now()
    let lastRun = ''
    const isLast = ({ runId }: Heard) => runId === lastRun
    const head = await ledger.feed.head()
    const known = await namesUntil(ledger, head)
    await older.query('commit')
    const manner = (n: number, few: number) => (n % 3 === 2 ? { leavesAfter: few + (n % 40) } : {})
    const often = p.stepsPerSecond * p.seconds * 0.1
    let hurry: () => void = () => undefined
    const until = new Promise<void>((resolve) => {
      hurry = resolve
    })
    const rests = { after: RESTS_AFTER * p.onRuns + 100, until }
    const ask = (request: Request) => served.fetch(request)
    const stuck = new Follower(`${url}/v1/events?from=${head}`, isLast, { rests, ask })
    const others = Array.from(
      { length: p.onLedger - 1 },
      (_, n) => new Follower(`${url}/v1/events?from=${head}`, isLast, manner(n, often)),
    )
    const onLedger = [stuck, ...others]
    const onRuns = busy.hands.map(
      (hand, n) => new Follower(`${url}/v1/runs/${hand.runId}/events`, () => false, manner(n, 3)),
    )
    const following = Promise.all([...onLedger, ...onRuns].map((one) => one.follow()))
    let wroteMs = 0
    const written = (async () => {
      await busy.write(p)
      wroteMs = performance.now() - begun
      lastRun = await busy.end()
    })().finally(() => hurry())
    await Promise.all([following, written])
    const entries = (await entriesOf(ledger)).slice(0)
    const expected = entries.map(nameOf).filter((name) => !known.has(name))
    const wrong = [
      ...onLedger.flatMap((one, n) => faultsOf(`ledger client ${n}`, one.heard, expected)),
      ...onRuns.flatMap((one, n) => runFaultsOf(`run client ${n}`, one.heard, busy.hands[n]?.runId ?? '', entries)),
      ...onLedger.flatMap((one, n) => orderFaults(`ledger client ${n}`, one.heard, stuck.heard)),
    ]
    const all = [...onLedger, ...onRuns]
    return {
      entries: expected.length,
      events: all.reduce((sum, { heard }) => sum + heard.length, 0),
      ...{ steps: busy.steps, lateCommits: busy.lateCommits },
      returns: all.reduce((sum, { returns }) => sum + returns, 0),
      stuckReturns: stuck.returns,
      wroteMs,
      tookMs: performance.now() - begun,
      wrong,
    }
  }
}

const nameOf = ({ runId, seq }: { readonly runId: string; readonly seq: number }) => `${runId} ${seq}`

/** What lies before a place. Other transactions of the server may hold back what has committed: that is still to come. */
async function namesUntil(ledger: PostgresLedger, until: string): Promise<Set<string>> {
  const names = new Set<string>()
  for (let after: string | null = null; after !== until; ) {
    const page = await ledger.feed.read({ after, until, limit: PAGE })
    if (page.code !== 'ok') throw new Error('The place is unknown.')
    for (const { entry } of page.entries) names.add(nameOf(entry))
    after = page.next
  }
  return names
}

/** Every entry that there is, read from the journals and not from the feed. */
async function entriesOf(ledger: PostgresLedger): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const { runId } of await ledger.runs({ limit: 100_000 })) entries.push(...(await ledger.journal({ runId })))
  return entries
}

function faultsOf(who: string, heard: readonly Heard[], expected: readonly string[]): string[] {
  const names = heard.map(nameOf)
  const told = new Set(names)
  const missed = expected.filter((name) => !told.has(name))
  const repeated = names.length - told.size
  const wrong: string[] = []
  if (missed.length > 0) wrong.push(`${who} missed ${missed.length}, such as ${missed[0]}`)
  if (repeated > 0) wrong.push(`${who} heard ${repeated} again`)
  if (told.size > expected.length) wrong.push(`${who} heard ${told.size - expected.length} that are not there`)
  return wrong
}

function runFaultsOf(who: string, heard: readonly Heard[], runId: string, entries: readonly Entry[]): string[] {
  const head = entries.filter((entry) => entry.runId === runId).length
  const seqs = heard.map(({ seq }) => seq).join()
  return seqs === Array.from({ length: head }, (_, i) => i + 1).join()
    ? []
    : [`${who} heard ${heard.length} of ${head}`]
}

/** All clients hear the whole ledger in one order. */
function orderFaults(who: string, heard: readonly Heard[], reference: readonly Heard[]): string[] {
  const at = heard.findIndex((one, n) => one.id !== reference[n]?.id)
  return at < 0 ? [] : [`${who} heard ${heard[at]?.id} at ${at}, where others heard ${reference[at]?.id}`]
}
