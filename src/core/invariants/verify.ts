import type { Ledger } from '../ledger.js'
import { meterKey } from './facts.js'
import { startPass } from './inspect.js'
import type { Invariant, Violation } from './invariant.js'
import { readEntries, readRuns, runPages } from './read.js'

export interface VerifyOptions {
  /** Only this run; what needs every journal (meters, effect keys, sessions) is then left out. */
  readonly runId?: string
  /** Called after each run. */
  readonly progress?: (done: Checked) => void
  /** All ten by default. */
  readonly invariants?: readonly Invariant[]
}

export interface Checked {
  readonly runs: number
  readonly entries: number
}

export interface Verified {
  readonly checked: Checked & {
    /** Shared meters that moved while journals were read and were therefore not compared. */
    readonly metersMoving: number
  }
  readonly violations: readonly Violation[]
}

/**
 * Checks a ledger against the invariants, journal by journal, through its port alone; others may be writing to it.
 * Bodies are read but never parsed. An unknown `runId` gives `runs: 0`.
 */
export async function verifyLedger(ledger: Ledger, options: VerifyOptions = {}): Promise<Verified> {
  const pass = startPass(options.invariants)
  const heads = new Map<string, number>()
  let entries = 0
  for await (const { facts, world } of readRuns(
    ledger,
    options.runId === undefined ? undefined : { runId: options.runId },
  )) {
    pass.run(facts, world)
    heads.set(facts.run.runId, facts.run.headSeq)
    entries += facts.entries.length
    options.progress?.({ runs: heads.size, entries })
  }
  let metersMoving = 0
  if (options.runId === undefined) {
    const meters = await ledger.meters({})
    const moving = await movingMeters(ledger, heads)
    pass.totals({ meters, moving })
    metersMoving = moving.size
  }
  return { checked: { runs: heads.size, entries, metersMoving }, violations: pass.violations }
}

/** The shared meters that entries touched which were written after their run was read. */
async function movingMeters(ledger: Ledger, heads: ReadonlyMap<string, number>): Promise<Set<string>> {
  const moving = new Set<string>()
  for await (const page of runPages(ledger)) {
    for (const { runId, headSeq } of page) {
      if (heads.get(runId) === headSeq) continue
      // From the start: a settle names no charges, its begin does.
      for (const { facts } of await readEntries(ledger, runId, 1, headSeq)) {
        for (const charge of facts.charges ?? []) if (charge.at === 'shared') moving.add(meterKey(charge))
      }
    }
  }
  return moving
}
