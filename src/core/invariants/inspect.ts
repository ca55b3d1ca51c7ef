import { INVARIANTS } from './catalogue.js'
import type { LedgerFacts, RunFacts, TotalFacts } from './facts.js'
import { familyOf } from './families.js'
import type { Inspection, Invariant, Violation } from './invariant.js'

/** All inspections of one pass, and what they found so far. */
export interface Pass extends Required<Omit<Inspection, 'pruned'>> {
  readonly violations: Violation[]
}

/** Starts a pass of the given invariants (all ten by default) over a ledger. */
export function startPass(invariants: readonly Invariant[] = INVARIANTS): Pass {
  const violations: Violation[] = []
  const inspections = invariants.map(({ id, inspect }) =>
    inspect((what, at) =>
      violations.push({
        invariant: id,
        ...(at?.runId !== undefined && { runId: at.runId }),
        ...(at?.seq !== undefined && { seq: at.seq }),
        what,
        numbers: at?.numbers ?? {},
      }),
    ),
  )
  return {
    violations,
    run: (facts, world) => {
      for (const inspection of inspections) {
        if (facts.run.prunedAt === null) inspection.run(facts, world)
        else inspection.pruned?.(facts)
      }
    },
    totals: (facts) => {
      for (const inspection of inspections) inspection.totals?.(facts)
    },
    alone: (facts) => {
      for (const inspection of inspections) inspection.alone?.(facts)
    },
  }
}

/** Checks a whole ledger that is in memory. Pure. */
export function inspectFacts(facts: LedgerFacts, invariants: readonly Invariant[] = INVARIANTS): Violation[] {
  const pass = startPass(invariants)
  for (const run of runsOf(facts)) pass.run(run, facts)
  pass.totals(totalsOf(facts))
  return pass.violations
}

function totalsOf({ meters, runs, entries }: LedgerFacts): TotalFacts {
  const above = new Set(runs.flatMap(({ ancestors }) => ancestors))
  const families = runs
    .filter(({ runId }) => above.has(runId))
    .map((run) => [run.runId, familyOf(run, entries.get(run.runId) ?? [])] as const)
  return { meters, moving: new Set(), families: new Map(families) }
}

/** The same facts run by run, as they would be read from a ledger. */
function* runsOf(facts: LedgerFacts): Generator<RunFacts> {
  const effects = byRun(facts.effects)
  const escalations = byRun(facts.escalations)
  for (const run of facts.runs) {
    yield {
      run,
      entries: facts.entries.get(run.runId) ?? [],
      mail: facts.mail.get(run.runId) ?? [],
      evidence: facts.evidence.get(run.runId) ?? [],
      effects: effects.get(run.runId) ?? [],
      escalations: escalations.get(run.runId) ?? [],
    }
  }
}

function byRun<T extends { readonly runId: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(row.runId)
    if (group) group.push(row)
    else groups.set(row.runId, [row])
  }
  return groups
}
