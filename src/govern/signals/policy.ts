import { MidwatchError } from '../../core/errors.js'
import type { Verdict } from '../verdict.js'
import { SIGNALS, type SignalName } from './signal.js'

/**
 * What is done about a signal. `note`: written down, and rules may look at it (`facts.signals`) · `refuse`: the model is told,
 * it is a strike, and the calls that it was seen in are refused until something new is learnt; an outcome is not accepted ·
 * `escalate(…)`: a person says whether it goes on · `end`: the run ends as refused.
 */
export type SignalPolicy = 'note' | 'refuse' | 'end' | Verdict

export type SignalPolicies = { readonly [K in SignalName]?: SignalPolicy }

/** Throws `invalid_definition` for a name or a policy that is none: a misspelled one would guard nothing. */
export function checkSignals(agent: string, policies: SignalPolicies): void {
  for (const [name, policy] of Object.entries(policies)) {
    if (!SIGNALS.includes(name as SignalName))
      throw invalid(agent, `there is no signal '${name}'; there are ${SIGNALS.join(', ')}.`)
    if (typeof policy === 'string' ? !['note', 'refuse', 'end'].includes(policy) : policy?.verdict !== 'escalate')
      throw invalid(agent, `${name}: 'note', 'refuse', 'end' or escalate(…).`)
  }
}

const invalid = (agent: string, why: string) => new MidwatchError('invalid_definition', `'${agent}', signals: ${why}`)
