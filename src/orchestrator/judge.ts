import type { JsonValue } from '../core/json.js'
import type { RefusalRule } from '../core/refusals.js'
import { CONFIDENCE_RULE, type Estimate, isLow, lowVerdict } from '../govern/confidence/low.js'
import { type Facts, factsOf } from '../govern/facts.js'
import { allow, type Verdict } from '../govern/verdict.js'
import type { Definition } from './definition.js'
import type { Journal } from './journal.js'
import type { Proposal } from './proposal.js'
import { stageNow } from './stage-here.js'

/** A run as far as its journal has gone: one that is worked, or one that is judged again. */
export interface Judged {
  readonly journal: Journal
  readonly definition: Pick<Definition, 'policy'>
  readonly run: { readonly tenant: string }
}

/** What rules may look at, from the journal as far as it has gone. */
function factsFor(run: Judged, p: Pick<Proposal, 'spec' | 'args'>): Facts {
  const { begun, done, used, signals } = run.journal
  const stage = stageNow(run)?.name ?? null
  const { tenant } = run.run
  const confidence = run.journal.estimate(p.spec.name, p.args)?.confidence ?? null
  return factsOf({ steps: begun, used: { ...used }, done, tenant, stage, signals: [...signals], confidence })
}

/** The verdict of the policy's rule. A rule that throws refuses: a broken rule must not let anything through. */
export function judge(run: Judged, p: Pick<Proposal, 'rule' | 'input' | 'spec' | 'args'>): Verdict {
  if (p.rule === null) return allow()
  try {
    return p.rule(p.input, factsFor(run, p))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      verdict: 'refuse',
      reason: 'policy',
      say: `The rule for ${p.spec.name} failed (${why}); nothing was done.`,
    }
  }
}

/** A verdict, and the rule that it comes from. */
export interface Weighed {
  readonly verdict: Verdict
  readonly rule: RefusalRule
  /** The estimate that it was too low by; null where it was not. */
  readonly low: Estimate | null
  /** Who takes over in place of the refusal. */
  readonly handOver: string | null
}

/** The verdict of the policy's rule and, where that lets a call pass, of how sure the agent is of it. */
export function weigh(run: Judged, p: Pick<Proposal, 'rule' | 'input' | 'spec' | 'args' | 'approved'>): Weighed {
  const ruled = judge(run, p)
  const own = { verdict: ruled, rule: `rules.${p.spec.name}`, low: null, handOver: null } as const
  const { confidence: plan } = run.definition.policy
  if (plan?.before !== 'effects' || p.spec.effect === 'read' || p.approved !== undefined) return own
  const estimate = run.journal.estimate(p.spec.name, p.args)
  if (estimate === null) return own
  // The bar of the policy that judges, which may be another than the one of the estimate.
  const low = { ...estimate, below: plan.below }
  const verdict = isLow(low) ? lowVerdict(ruled, low, plan.otherwise) : ruled
  if (verdict === ruled) return own
  const handOver = typeof plan.otherwise === 'object' && 'handOver' in plan.otherwise ? plan.otherwise.handOver : null
  return { verdict, rule: CONFIDENCE_RULE, low, handOver }
}

/** How a verdict is written down. */
export function verdictDetail(p: Proposal, verdict: Verdict, low: Estimate | null = null): JsonValue {
  const sure = low === null ? {} : { confidence: low.confidence, below: low.below }
  const what = { tool: p.spec.name, input: p.wire, ...(p.said === undefined ? {} : { said: p.said }), ...sure }
  return verdict.verdict === 'escalate' ? { ...what, chain: verdict.chain.map((r) => ({ ...r })) } : what
}
