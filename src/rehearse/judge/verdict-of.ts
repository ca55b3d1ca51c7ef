import { sha256 } from '../../core/digest.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { inspectFacts } from '../../core/invariants/inspect.js'
import { readFacts } from '../../core/invariants/read.js'
import { canonical } from '../../core/json.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import type { ScoreRow } from '../../core/scores.js'
import type { Definition } from '../../orchestrator/definition.js'
import { FLOOD } from '../actors/flood.js'
import type { ScenarioOptions } from '../scenario.js'
import type { SiteKey } from '../site.js'
import type { Surroundings } from '../surroundings.js'
import { actsDone } from '../tools/witness.js'
import type { CaseId, Verdict } from '../verdict.js'
import { approvalRules } from './approval-rules.js'
import { type Breaker, breakerRules } from './breaker-rules.js'
import { expectations } from './expectations.js'
import { journalRules } from './journal-rules.js'
import { ruledIn } from './ruled.js'
import { isStuck, runEndOf } from './run-ends.js'
import { isScoring, scoringRules } from './scoring-rules.js'
import { sentRules } from './sent-rules.js'
import { shapeOf } from './shape.js'
import { undoRules } from './undo-rules.js'
import { duplicatesOf, type Sending, witnessRules } from './witness-rules.js'

export interface Played {
  readonly id: CaseId
  readonly surroundings: Surroundings
  readonly sent: readonly Sending[]
  /** Virtual ms from the start until all was at rest. */
  readonly virtualMs: number
  /** What went wrong with the case itself, a sentence each. */
  readonly faults: readonly string[]
}

/** Tools of which every call needs two people. */
function markedForTwo(run: ScenarioOptions<unknown>['run']): ReadonlySet<string> {
  const specs = run.flatMap(({ definition }) => [...definition.tools.values()])
  const undos = specs.flatMap(({ undo }) => (typeof undo === 'object' ? [undo] : []))
  return new Set([...specs, ...undos].filter(({ people }) => people === 2).map(({ name }) => name))
}

async function breakersIn({ breakers }: Ledger): Promise<Breaker[]> {
  const rows = await breakers.list()
  return Promise.all(rows.map(async (row) => ({ row, moves: await breakers.moves({ key: row.key }) })))
}

/** Judges a played case: I1–I10 over the ledger, the witness against the journals, then what the scenario expects. */
export async function verdictOf(played: Played): Promise<Verdict> {
  const { id, surroundings, sent, virtualMs, faults } = played
  const { scenario, story, world, fates, ledger } = surroundings
  const facts = await readFacts(ledger)
  const violations = inspectFacts(facts)
  const runFacts: RunFacts[] = facts.runs.map((run) => ({
    run,
    entries: facts.entries.get(run.runId) ?? [],
    mail: facts.mail.get(run.runId) ?? [],
    evidence: facts.evidence.get(run.runId) ?? [],
    effects: facts.effects.filter((effect) => effect.runId === run.runId),
    escalations: facts.escalations.filter((one) => one.runId === run.runId),
  }))
  const runs = runFacts.map(runEndOf)
  const acts = actsDone(surroundings)
  const usdMicros = runs.reduce((sum, run) => sum + run.usdMicros, 0)
  const stuck = runFacts.filter((one) => isStuck(one, facts.now))
  const calm = fates.struck.length === 0
  const definitions = scenario.run.map(({ definition }) => definition)
  const scoring = isScoring(definitions)
  const scores = await scoresOf(ledger, definitions, facts.runs)
  const beside = (run: Pick<RunRow, 'agent'>) => scoring(run) || run.agent === FLOOD.name
  const [asked, askedFacts] = [runs.filter((run) => !beside(run)), runFacts.filter(({ run }) => !beside(run))]
  const after = { story, world, runs: asked, facts: askedFacts, acts, scores, usdMicros, calm }
  const broken = [
    ...faults,
    ...surroundings.witness.slips,
    ...stuck.map(({ run }) => `A run of ${run.agent} is stuck: it is ${run.state} and will not go on by itself.`),
    ...witnessRules(acts, sent, runFacts),
    ...sentRules(sent, runFacts),
    ...journalRules(runFacts),
    ...breakerRules(await breakersIn(ledger), runFacts),
    ...undoRules(runFacts),
    ...approvalRules(runFacts, markedForTwo(scenario.run)),
    ...scoringRules(definitions, runFacts, scores),
    ...(await expectations(scenario.expect ?? {}, after)),
  ]
  const verdict: Omit<Verdict, 'digest'> = {
    id,
    side: 'midwatch',
    ok: violations.length === 0 && broken.length === 0,
    violations,
    broken,
    struck: fates.struck,
    bitten: fates.struck.filter((strike) => fates.bitten.has(strike)),
    runs,
    rules: ruledIn(definitions, askedFacts),
    acts: acts.length,
    duplicates: duplicatesOf(acts).length,
    stuck: stuck.length,
    usdMicros,
    virtualMs,
    visits: visitsIn(fates.visits),
    shape: shapeOf(runFacts),
  }
  const heads = runFacts.map(({ run }) => `${run.runId} ${run.headHash}`)
  return { ...verdict, digest: sha256(canonical([verdict, heads])).slice(0, 32) }
}

/** Sites come in another order in each case: a dictionary from the first, or the engine makes classes for every such order. */
function visitsIn(counts: ReadonlyMap<SiteKey, number>): Record<SiteKey, number> {
  const visits: Record<SiteKey, number> = Object.create(null)
  for (const [site, count] of counts) visits[site] = count
  return visits
}

/** Scores of all runs, where anything is scored at all. */
async function scoresOf(
  { scores }: Pick<Ledger, 'scores'>,
  definitions: readonly Definition[],
  runs: readonly RunRow[],
): Promise<ScoreRow[]> {
  if (definitions.every((one) => one.scores === null)) return []
  return (await Promise.all(runs.map(({ runId }) => scores.of({ runId })))).flat()
}
