import type { Ledger } from '../ledger.js'
import { meterKey } from './facts.js'
import { type Family, familyOf, ownMeterKey } from './families.js'
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
  const above = new Set<string>()
  let entries = 0
  for await (const { facts, world } of readRuns(
    ledger,
    options.runId === undefined ? undefined : { runId: options.runId },
  )) {
    pass.run(facts, world)
    heads.set(facts.run.runId, facts.run.headSeq)
    for (const runId of facts.run.ancestors) above.add(runId)
    entries += facts.entries.length
    options.progress?.({ runs: heads.size, entries })
  }
  let metersMoving = 0
  if (options.runId === undefined) {
    const meters = await ledger.meters({})
    const families = await readFamilies(ledger, above)
    const moving = await movingMeters(ledger, heads, families)
    pass.totals({ meters, moving, families })
    metersMoving = moving.size
  } else {
    pass.alone({ hasChildren: (await ledger.children({ runId: options.runId, limit: 1 })).length > 0 })
  }
  return { checked: { runs: heads.size, entries, metersMoving }, violations: pass.violations }
}

/** Runs above others, as they are when every journal was read. */
async function readFamilies(ledger: Ledger, above: ReadonlySet<string>): Promise<Map<string, Family>> {
  const families = new Map<string, Family>()
  for (const runId of above) {
    const run = await ledger.run({ runId })
    if (run) families.set(runId, familyOf(run, await readEntries(ledger, runId, 1, run.headSeq)))
  }
  return families
}

/** The meters that entries touched which were written after their run was read. A run that got children meanwhile is no judge. */
async function movingMeters(
  ledger: Ledger,
  heads: ReadonlyMap<string, number>,
  families: Map<string, Family>,
): Promise<Set<string>> {
  const moving = new Set<string>()
  for await (const page of runPages(ledger)) {
    for (const run of page) {
      const { runId, headSeq, ancestors } = run
      if (heads.get(runId) === headSeq) continue
      for (const id of ancestors) if (!families.has(id)) families.set(id, { run, own: null })
      // From the start: a settle names no charges, its begin does.
      for (const { facts } of await readEntries(ledger, runId, 1, headSeq)) {
        for (const charge of facts.charges ?? []) {
          if (charge.at === 'shared') moving.add(meterKey(charge))
          if (charge.at === 'above') moving.add(ownMeterKey(charge.scope, charge.meter))
        }
      }
    }
  }
  return moving
}
