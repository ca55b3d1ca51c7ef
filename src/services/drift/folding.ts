import type { DriftPoint, DriftSpan, Release } from '../../core/drift.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import { dayOf, hourOf } from '../../govern/drift/calendar.js'
import { tallyOf } from '../../govern/drift/run-tally.js'
import { TallyMaker } from '../../govern/drift/tally.js'
import { readRun } from './run-reader.js'

/** What became of one batch. `moved`: another hand was quicker. */
export interface Folded {
  readonly code: 'ok' | 'moved'
  readonly runs: number
  /** Agents whose points moved. */
  readonly agents: readonly string[]
}

/** Folds up to `limit` ended runs into their points. Sums are made here, and added in the ledger, once for each run. */
export async function foldSome(ledger: Pick<Ledger, 'drift' | 'journal'>, limit: number): Promise<Folded> {
  const runs = await ledger.drift.unfolded({ limit })
  if (runs.length === 0) return { code: 'ok', runs: 0, agents: [] }
  const made = new Map<string, { readonly of: Omit<DriftPoint, 'tally'>; readonly tally: TallyMaker }>()
  const add = async (run: RunRow) => {
    const endedAt = run.endedAt ?? run.createdAt
    // A message that another run took in was worked there.
    const tally = run.workedBy === null ? tallyOf(await readRun(ledger, run)) : {}
    for (const [span, at] of [
      ['day', dayOf(endedAt)],
      ['hour', hourOf(endedAt)],
    ] as const) {
      const key = `${run.agent}\n${run.version}\n${span}\n${at}`
      const of = { agent: run.agent, version: run.version, span: span satisfies DriftSpan, at }
      const point = made.get(key) ?? { of, tally: new TallyMaker() }
      made.set(key, point)
      point.tally.addAll(tally)
      point.tally.add('folded')
    }
  }
  for (const run of runs) await add(run)
  const points = [...made.values()].map(({ of, tally }): DriftPoint => ({ ...of, tally: tally.tally }))
  const { code } = await ledger.drift.fold({ runs: runs.map(({ runId }) => runId), points, releases: releasesIn(runs) })
  return { code, runs: runs.length, agents: [...new Set(runs.map(({ agent }) => agent))] }
}

/** When each version's first run was started, of these. */
function releasesIn(runs: readonly RunRow[]): Release[] {
  const first = new Map<string, Release>()
  for (const { agent, version, createdAt: at } of runs) {
    const key = `${agent}\n${version}`
    if (at < (first.get(key)?.at ?? Number.POSITIVE_INFINITY)) first.set(key, { agent, version, at })
  }
  return [...first.values()]
}
