import type { JsonValue } from '../../core/json.js'
import type { OutcomeStatus } from '../../core/states.js'
import type { Duration } from '../../core/time.js'
import type { Ceilings } from '../../govern/ceilings.js'
import { type Assessment, assessmentIn } from '../../govern/confidence/assessment.js'
import { modelName } from '../../models/prices.js'
import { WINDOW_START } from '../../models/window.js'
import { anyJson } from '../../tools/any-json.js'
import type { Branch } from '../branch.js'
import { heard, spentIn } from '../confidence/spent.js'
import { ASSESS_TOOL } from '../confidence/verifier.js'
import type { Ctx } from '../ctx-types.js'
import { type Definition, define } from '../definition.js'
import { digestOf } from '../proposal.js'
import { completed } from '../result.js'
import { judgePrompt, readScored } from './judged-run.js'
import type { ScorePlan, ScoringOptions, VerifierPlan } from './plan.js'
import type { ScoringInput } from './scoring-admission.js'

/**
 * The flow in which models score the runs of an agent: runs of their own, under ceilings of their own. They begin when a run
 * ends, and can neither spend what that one had nor change how it ended.
 */
export function scoringFlow(
  { name, version }: { readonly name: string; readonly version: number },
  plan: ScorePlan | null,
  options: ScoringOptions | undefined,
): Definition | null {
  if (plan === null || plan.verifiers.length === 0) return null
  const { verifiers } = plan
  const run = { usd: '$0.05', deadline: '1h', ...options?.ceilings?.run } as const
  return define({
    ...{ kind: 'flow', name: `${name}.scores`, version, accepts: undefined, input: anyJson, tools: [] },
    ceilings: { ...options?.ceilings, run } as Ceilings<string>,
    policy: { rules: {}, onBreach: {}, stages: null, selfApproval: false, windDown: null },
    models: verifiers.map(({ model }) => model.model),
    data: verifiers.map(({ name: score, model, ask }) => [score, ask, model.model.modelId, model.maxOutputTokens]),
    run: (ctx, input) => scoreRun(ctx, input as ScoringInput, verifiers),
  })
}

async function scoreRun(ctx: Ctx, { run: runId, scores }: ScoringInput, verifiers: readonly VerifierPlan[]) {
  const branch = ctx as Branch
  const status = await endOf(branch, runId)
  const given: Record<string, number | null> = {}
  for (const verifier of verifiers) {
    if (!scores.includes(verifier.name)) continue
    // Between the admission and the end a kill may have come: then there is another outcome.
    given[verifier.name] = status !== null && verifier.on.includes(status) ? await score(branch, runId, verifier) : null
  }
  return { run: runId, scores: given }
}

/** How the run ended, once it has; null where there is no such run. Its end is mostly written before the first look. */
async function endOf(branch: Branch, runId: string): Promise<OutcomeStatus | null> {
  const { ledger } = branch.run.engine
  for (let waitS = 1n; ; waitS = waitS < 32n ? waitS * 2n : waitS) {
    const seen = await branch.read('end', async () => {
      const row = await ledger.run({ runId })
      return { gone: row === null, outcome: row?.outcome ?? null }
    })
    if (seen.gone || seen.outcome !== null) return seen.outcome
    await branch.sleep(`${waitS}s` satisfies Duration)
  }
}

/** The score that one model gives; null where it gives none that can be used, and where the words of the run were erased. */
async function score(branch: Branch, runId: string, verifier: VerifierPlan): Promise<number | null> {
  const { run } = branch
  const { name, model } = verifier
  const step = branch.peek('judge')
  const assessed = await assessmentOf(branch, runId, verifier)
  const value = assessed?.value ?? null
  await branch.step('score', digestOf([runId, name]), async (record) => {
    const usdMicros = spentIn(run, [step])
    if (assessed !== null) {
      const reason = run.engine.secrets.conceal(assessed.why)
      await run.engine.ledger.scores.add({ runId, name, value: assessed.value, by: 'verifier', usdMicros, reason })
    }
    const detail: JsonValue = { name, of: runId, value, usdMicros, model: modelName(model.model) }
    const final = completed({ value })
    await run.book.note({ about: 'scored', step: record.id, args: record.args ?? '', final, detail })
    return final
  })
  return value
}

async function assessmentOf(
  branch: Branch,
  runId: string,
  { name, model, ask }: VerifierPlan,
): Promise<Assessment | null> {
  const { run } = branch
  const judged = await readScored(run.engine.ledger, runId)
  // Erased since it was asked about: what was said then is replayed. Before that: nothing is left to ask about.
  if (judged === null && !run.journal.steps.has(branch.peek('judge'))) return null
  const result = await branch.tryModel('judge', {
    models: [model],
    tools: [ASSESS_TOOL],
    messages: judgePrompt(ask, judged),
    mark: WINDOW_START,
    args: digestOf([runId, name]),
    onBreach: () => 'end',
    aside: true,
  })
  const said = await heard(run, result)
  return said === null ? null : assessmentIn(said.toolCalls)
}
