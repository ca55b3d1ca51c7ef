import type { JsonValue } from '../core/json.js'
import { type Facts, factsOf } from '../govern/facts.js'
import { allow, type Verdict } from '../govern/verdict.js'
import type { Activation } from './activation.js'
import type { Proposal } from './proposal.js'

/** What rules may look at, from the journal as far as it has gone. */
export function factsFor(run: Activation): Facts {
  const { begun, done, used } = run.journal
  return factsOf({ steps: begun, used: { ...used }, done, tenant: run.run.tenant })
}

/** The verdict of the policy's rule. A rule that throws refuses: a broken rule must not let anything through. */
export function judge(run: Activation, p: Proposal): Verdict {
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
