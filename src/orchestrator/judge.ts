import type { JsonValue } from '../core/json.js'
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
export function factsFor(run: Judged): Facts {
  const { begun, done, used, signals } = run.journal
  const stage = stageNow(run)?.name ?? null
  const { tenant } = run.run
  return factsOf({ steps: begun, used: { ...used }, done, tenant, stage, signals: [...signals] })
}

/** The verdict of the policy's rule. A rule that throws refuses: a broken rule must not let anything through. */
export function judge(run: Judged, p: Pick<Proposal, 'rule' | 'input' | 'spec'>): Verdict {
  if (p.rule === null) return allow()
  try {
    return p.rule(p.input, factsFor(run))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      verdict: 'refuse',
      reason: 'policy',
      say: `The rule for ${p.spec.name} failed (${why}); nothing was done.`,
    }
  }
}

/** How a verdict is written down. */
export function verdictDetail(p: Proposal, verdict: Verdict): JsonValue {
  const what = { tool: p.spec.name, input: p.wire, ...(p.said === undefined ? {} : { said: p.said }) }
  return verdict.verdict === 'escalate' ? { ...what, chain: verdict.chain.map((r) => ({ ...r })) } : what
}
