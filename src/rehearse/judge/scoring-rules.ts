import type { RunFacts } from '../../core/invariants/facts.js'
import type { ScoreRow } from '../../core/scores.js'
import { isSampled } from '../../govern/scores/sample.js'
import type { Definition } from '../../orchestrator/definition.js'

type Run = RunFacts['run']

/** Runs in which models score others, apart from those that the scenario is about. */
export function isScoring(definitions: readonly Definition[]): (run: Pick<Run, 'agent'>) => boolean {
  const names = new Set(definitions.flatMap(({ companion }) => (companion === null ? [] : [companion.name])))
  return ({ agent }) => names.has(agent)
}

/**
 * Whoever died in between: each outcome that is to be scored by a model has a run in which that is done, and each score is kept
 * once. A sentence for each break.
 */
export function scoringRules(
  definitions: readonly Definition[],
  runs: readonly Pick<RunFacts, 'run'>[],
  scores: readonly ScoreRow[],
): string[] {
  const byKey = new Set(runs.map(({ run }) => run.key))
  const missing = runs.flatMap(({ run }) => {
    const names = namesFor(definitions, run)
    if (names.length === 0 || byKey.has(`score:${run.runId}`)) return []
    return [`Run ${run.runId} is to be scored (${names.join(', ')}), and nobody does.`]
  })
  const kept = scores.map(({ runId, name, by, who }) => `${name} by ${who ?? by} of run ${runId}`)
  const twice = kept.filter((one, i) => kept.indexOf(one) !== i)
  return [...missing, ...twice.map((one) => `The score ${one} was kept twice.`)]
}

/** What models are to say of a run; nothing of one that went on as another, or was taken in by one. */
function namesFor(definitions: readonly Definition[], run: Run): string[] {
  const { runId, agent, version, outcome, continuedAs, workedBy } = run
  if (outcome === null || continuedAs !== null || workedBy !== null) return []
  const definition = definitions.find((one) => one.name === agent && one.version === version)
  return (definition?.scores?.verifiers ?? [])
    .filter(({ name, share, on }) => on.includes(outcome) && isSampled(runId, name, share))
    .map(({ name }) => name)
}
