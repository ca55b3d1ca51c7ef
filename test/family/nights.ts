import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Outcome } from '../../src/core/states.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { recount } from '../ceilings/books.js'
import { Witness } from '../crash/witness.js'
import { freshDatabase } from '../database.js'
import { type Deaths, Killing } from './killing.js'
import { ASKED, batch, isBad, root, rowKey, SERVED } from './scene.js'

interface Night {
  readonly mw: Midwatch
  readonly ledger: Ledger
  readonly witness: Witness
  readonly killing: Killing
}

/** A database with workers that are killed one after the other, while something is worked. */
async function night<T>(
  deaths: Deaths,
  prepare: (ledger: Ledger) => Promise<void>,
  work: (night: Night) => Promise<T>,
): Promise<T> {
  const database = await freshDatabase()
  const witness = await Witness.open(database.url, true)
  const ledger = await postgresLedger({ url: database.url })
  const mw = await assemble({ run: SERVED, worker: false, alarm: () => undefined }, { ledger })
  const killing = new Killing(database.url, deaths)
  try {
    await prepare(ledger)
    await killing.start()
    return await work({ mw, ledger, witness, killing })
  } finally {
    await killing.stop()
    await mw.stop()
    await Promise.all([ledger.close(), witness.close()])
    await database.drop()
  }
}

export interface BatchNight {
  readonly rows: number
  readonly kills: number
  readonly outcome: Outcome<{ readonly done: number; readonly failed: readonly string[] }>
  /** Rows that were posted more than once, and good ones that never were. */
  readonly twice: number
  readonly missing: number
  /** Entries in the journal of the run that maps. */
  readonly entries: number
  readonly violations: readonly string[]
  readonly seconds: number
}

/** So many rows, one in a hundred of them bad, while a worker is killed every so often. */
export function batchNight(rows: number, deaths: Deaths): Promise<BatchNight> {
  return night(
    deaths,
    async () => undefined,
    async ({ mw, ledger, witness, killing }) => {
      const begun = performance.now()
      const run = await mw.start(batch, { input: { rows, atOnce: 40 }, key: 'tonight' })
      const outcome = await run.outcome()
      const seconds = (performance.now() - begun) / 1_000
      const acts = (await witness.acts()).map(({ key }) => key)
      const posted = new Set(acts)
      const good = Array.from({ length: rows }, (_, no) => no).filter((no) => !isBad(no))
      const missing = good.filter((no) => !posted.has(rowKey(no))).length
      const entries = (await ledger.run({ runId: run.id }))?.headSeq ?? 0
      const violations = await violationsOf(ledger)
      return {
        rows,
        kills: killing.kills,
        outcome,
        twice: acts.length - posted.size,
        missing,
        entries,
        violations,
        seconds,
      }
    },
  )
}

export interface TreeNight {
  readonly trees: number
  readonly runs: number
  readonly kills: number
  readonly limit: number
  readonly most: number
  readonly refusals: number
  readonly overshoot: number
  readonly taken: number
  readonly twice: number
  /** How the runs ended, with how many of each. */
  readonly ends: string
  /** Runs that have not exactly one outcome. */
  readonly odd: number
  readonly violations: readonly string[]
  readonly seconds: number
}

/** Trees of runs three deep of one tenant, whose operator allows fewer tickets than they ask for. */
export function treeNight(trees: number, deaths: Deaths): Promise<TreeNight> {
  const limit = Math.floor(trees * ASKED * 0.6)
  const ceiling = { scope: 'tenant:acme', meter: 'tickets', per: 'total', limit, by: 'operator' } as const
  // Before the first worker starts: each takes a moment to hear of one that is set under way.
  const prepare = (ledger: Ledger) => ledger.setCeiling(ceiling)
  return night(deaths, prepare, async ({ mw, ledger, witness, killing }) => {
    const begun = performance.now()
    const roots = await Promise.all(
      Array.from({ length: trees }, (_, no) =>
        mw.start(root, { input: { id: `${no}` }, tenant: 'acme', key: `${no}` }),
      ),
    )
    await Promise.all(roots.map((run) => run.outcome()))
    const seconds = (performance.now() - begun) / 1_000
    const runs = await ledger.runs({ after: '', limit: 10_000 })
    const books = await recount(
      ledger,
      runs.map((run) => run.runId),
    )
    const row = books.meters.get('tenant:acme tickets total')
    const acts = (await witness.acts()).map(({ key }) => key)
    let odd = 0
    const ends = new Map<string, number>()
    for (const { outcome } of runs) ends.set(outcome ?? 'none', (ends.get(outcome ?? 'none') ?? 0) + 1)
    for (const { runId } of runs) {
      const ends = (await ledger.journal({ runId })).filter((entry) => entry.kind === 'end').length
      if (ends !== 1) odd += 1
    }
    return {
      ...{ trees, runs: runs.length, kills: killing.kills, limit, odd, seconds, taken: acts.length },
      ...{ most: row?.most ?? 0, refusals: row?.refusals ?? 0, overshoot: row?.overshoot ?? Number.NaN },
      twice: acts.length - new Set(acts).size,
      ends: [...ends].map(([outcome, count]) => `${count} ${outcome}`).join(', '),
      violations: [...books.wrong, ...(await violationsOf(ledger))],
    }
  })
}

async function violationsOf(ledger: Ledger): Promise<string[]> {
  const { violations } = await verifyLedger(ledger)
  return violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`)
}

export function describeBatch(one: BatchNight): string {
  const { outcome, rows, kills, twice, missing, entries, violations, seconds } = one
  const end =
    outcome.status === 'completed'
      ? `${outcome.output.done} done, ${outcome.output.failed.length} named as failed`
      : outcome.status
  return `${rows} rows in ${seconds.toFixed(0)} s, ${kills} workers killed: ${end}; worked twice ${twice}, missing ${missing}; ${entries} entries in the journal that maps; violations ${violations.length}`
}

export function describeTree(one: TreeNight): string {
  const { trees, runs, kills, limit, most, refusals, overshoot, taken, twice, ends, odd, violations, seconds } = one
  return `${trees} trees of ${runs} runs three deep in ${seconds.toFixed(0)} s, ${kills} workers killed: ceiling ${limit}, most ${most}, overshoot ${overshoot}, ${refusals} refused; ${taken} taken, twice ${twice}; runs ended ${ends}, without exactly one outcome ${odd}; violations ${violations.length}`
}
