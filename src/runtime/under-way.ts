import { readEntries } from '../core/invariants/read.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import { runScopes, scopeOf } from '../core/scope.js'
import type { EpochMs } from '../core/time.js'
import { type BeginBody, readBody } from '../orchestrator/bodies.js'

const PAGE = 500
/** A run's few questions to the ledger, side by side, but not so many that others wait. */
const AT_ONCE = 8

/** A call that was begun before a switch and had not been settled when it was engaged. */
export interface UnderWay {
  readonly runId: string
  /** Whoever held the run when the switch was engaged. */
  readonly workerId: number | null
  readonly seq: number
  /** Of the tool or the model. */
  readonly name: string
  readonly begunAt: EpochMs
  /** When it was settled or known to be in doubt; null while it is still open. */
  readonly overAt: EpochMs | null
  readonly end: 'performed' | 'not_performed' | 'failed' | 'in_doubt' | null
}

/** Runs that a worker holds now and that a switch of this scope covers; of a tool's switch all, for their calls decide. */
export async function heldRuns(ledger: Ledger, scope: string): Promise<RunRow[]> {
  const found: RunRow[] = []
  for (let after = ''; ; ) {
    const page = await ledger.runs({ states: ['running'], after, limit: PAGE })
    found.push(...page.filter((run) => scope.startsWith('tool:') || runScopes(run).includes(scope)))
    const last = page.at(-1)
    if (!last || page.length < PAGE) return found
    after = last.runId
  }
}

/** What was under way in these runs when the switch got its epoch: told by the epochs in their entries, not by clocks. */
export async function underWay(
  ledger: Ledger,
  runs: readonly RunRow[],
  scope: string,
  epoch: number,
): Promise<UnderWay[]> {
  const found: UnderWay[][] = []
  for (let i = 0; i < runs.length; i += AT_ONCE) {
    found.push(...(await Promise.all(runs.slice(i, i + AT_ONCE).map((run) => ofRun(ledger, run, scope, epoch)))))
  }
  return found.flat()
}

async function ofRun(ledger: Ledger, seen: RunRow, scope: string, epoch: number): Promise<UnderWay[]> {
  const run = (await ledger.run({ runId: seen.runId })) ?? seen
  const from = Math.min(seen.headSeq + 1, ...seen.open, ...run.open)
  const entries = await readEntries(ledger, run.runId, from, run.headSeq)
  const begins = entries.filter((entry) => entry.kind === 'begin' && entry.epoch < epoch)
  return begins.flatMap((begin) => {
    const { tool } = begin.facts
    if (scope.startsWith('tool:') && scope !== scopeOf.tool(tool ?? '')) return []
    const over = entries.find((entry) => (entry.kind === 'settle' || entry.kind === 'doubt') && entry.ref === begin.seq)
    if (over && over.epoch < epoch) return []
    const name = readBody<BeginBody>(begin.body).name ?? tool ?? 'model'
    const end = over?.kind === 'doubt' ? 'in_doubt' : (over?.facts.did ?? null)
    const { runId, workerId } = seen
    return [{ runId, workerId, seq: begin.seq, name, begunAt: begin.at, overAt: over?.at ?? null, end }]
  })
}
