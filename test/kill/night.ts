import type { Entry } from '../../src/core/entries.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { RunRow } from '../../src/core/run-row.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { Scene } from '../../src/testing/conformance/scene.js'
import { freshDatabase } from '../database.js'
import { type Holder, stoppedHolder } from '../isolation/holder.js'
import { Hand } from './crew.js'
import { SERVED, thinker, worker } from './scene.js'

const SORTS = ['read', 'keyed', 'busy', 'checked', 'once'] as const
const LOOK_MS = 20
const LATECOMERS = 10

export interface KillNight {
  readonly inFlight: number
  /** How long the operator waited for the kill, ms, and how many backends were ended for it. */
  readonly engagedMs: number
  readonly terminated: number
  /** From the kill's own time in the ledger to the last abort that a tool of a live worker heard, ms. */
  readonly lastAbortMs: number
  readonly aborted: number
  readonly intentsAfter: number
  /** Begins that were open at the kill: settled since, in doubt since, or neither. */
  readonly settled: number
  readonly doubted: number
  readonly leftOpen: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly violations: readonly string[]
}

/**
 * So many runs in flight over two worker processes, then a kill of the fleet. `deaf`: one of the workers is stopped just
 * before, and so is a client in the middle of a begin, who holds the fleet's lock.
 */
export async function killNight(runs: number, { deaf }: { readonly deaf: boolean }): Promise<KillNight> {
  const database = await freshDatabase()
  const ledger = await postgresLedger({ url: database.url })
  const mw = await assemble({ run: SERVED, worker: false }, { ledger })
  const lease = deaf ? '2s' : '10s'
  const hands = await Promise.all([Hand.hire(database.url, lease), Hand.hire(database.url, lease)])
  try {
    await startAll(mw, runs)
    await untilInFlight(ledger, hands, runs)
    const holder = deaf ? await deafClient(database.url, ledger) : null
    if (deaf) hands[0].stop()
    const asked = performance.now()
    const kill = await ledger.engage({ scope: 'fleet', mode: 'end', by: 'operator' })
    const engagedMs = performance.now() - asked
    await holder?.end()
    await startAll(mw, LATECOMERS)
    await untilEnded(ledger)
    // The stopped worker's calls are not heard of before it is awake again: it is late by as long as it was stopped.
    const awake = deaf ? hands.slice(1) : hands
    const aborts = awake.flatMap((hand) => hand.told.filter((one) => one.what === 'aborted'))
    if (deaf) await woken(hands[0])
    const all = await ledger.runs({ limit: 10_000 })
    const journals = await Promise.all(all.map(({ runId }) => ledger.journal({ runId })))
    const { violations } = await verifyLedger(ledger)
    return {
      inFlight: hands[0].count('begun') + hands[1].count('begun'),
      engagedMs,
      terminated: kill.terminated,
      lastAbortMs: Math.max(...aborts.map((one) => one.at)) - kill.at,
      aborted: aborts.length,
      intentsAfter: journals.flat().filter((e) => e.kind === 'begin' && e.epoch >= kill.epoch).length,
      ...fates(journals),
      outcomes: outcomesOf(all.filter(isServed)),
      violations: violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`),
    }
  } finally {
    await Promise.all(hands.map((hand) => hand.dismiss()))
    await mw.stop()
    await ledger.close()
    await database.drop()
  }
}

async function startAll(mw: Midwatch, runs: number): Promise<void> {
  const some = Array.from({ length: runs }, (_, no) => no)
  const started = some.map((no) => {
    const tenant = `tenant ${no % 3}`
    const sort = SORTS[no % SORTS.length] ?? 'read'
    return no % 10 === 9
      ? mw.start(thinker, { input: { no }, tenant })
      : mw.start(worker, { input: { no, sort }, tenant })
  })
  await Promise.all(started)
}

/** Every run has begun something, and every call that hangs is under way. */
async function untilInFlight(ledger: Ledger, hands: readonly Hand[], runs: number): Promise<void> {
  const some = Array.from({ length: runs }, (_, no) => no)
  const hanging = some.filter((no) => no % 10 !== 9 && SORTS[no % SORTS.length] !== 'busy').length
  for (;;) {
    const begun = hands.reduce((sum, hand) => sum + hand.count('begun'), 0)
    const all = await ledger.runs({ states: ['running'], limit: runs })
    if (begun === hanging && all.filter((run) => run.headSeq > 2).length === runs) return
    await new Promise((look) => setTimeout(look, LOOK_MS))
  }
}

/** A client of its own run, stopped between its begin and the commit of it. */
async function deafClient(url: string, ledger: Ledger): Promise<Holder> {
  const nothing = () => Promise.resolve()
  const hand = await new Scene({ ledger, advance: nothing, close: nothing }).held()
  return stoppedHolder(url, hand.begin(), 'open')
}

async function untilEnded(ledger: Ledger): Promise<void> {
  for (;;) {
    const going = await ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 10_000 })
    if (!going.some(isServed)) return
    await new Promise((look) => setTimeout(look, LOOK_MS))
  }
}

const isServed = (run: RunRow): boolean => SERVED.some((one) => one.name === run.agent)

/** Until the worker that was stopped has heard of what happened meanwhile: all its calls are aborted. */
async function woken(hand: Hand): Promise<void> {
  hand.wake()
  while (hand.count('aborted') < hand.count('begun')) await new Promise((look) => setTimeout(look, LOOK_MS))
}

/** What became of the last begin of each run. */
function fates(journals: readonly Entry[][]): Pick<KillNight, 'settled' | 'doubted' | 'leftOpen'> {
  const fate = { settled: 0, doubted: 0, leftOpen: 0 }
  for (const journal of journals) {
    const last = journal.findLast((e) => e.kind === 'begin')
    if (!last) continue
    const after = journal.filter((e) => e.ref === last.seq).map((e) => e.kind)
    if (after.includes('settle')) fate.settled += 1
    else if (after.includes('doubt')) fate.doubted += 1
    else fate.leftOpen += 1
  }
  return fate
}

function outcomesOf(runs: readonly RunRow[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of runs) counts[outcome ?? 'none'] = (counts[outcome ?? 'none'] ?? 0) + 1
  return counts
}

/** One line of what was measured. */
export function describe(night: KillNight): string {
  const { engagedMs, terminated, lastAbortMs, aborted, intentsAfter, settled, doubted, leftOpen } = night
  const ended = Object.entries(night.outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  return [
    `the kill took ${engagedMs.toFixed(0)} ms (${terminated} backends ended); last of ${aborted} aborts ${lastAbortMs} ms after it`,
    `${intentsAfter} intents at or after its epoch; last steps: ${settled} settled, ${doubted} in doubt, ${leftOpen} left open`,
    `ended: ${ended.join(', ')}; ${night.violations.length} violations`,
  ].join('; ')
}
