import { MidwatchError } from '../core/errors.js'
import type { Rung } from '../core/escalation.js'
import { REASONS, type Reason } from '../core/refusals.js'
import { type Duration, durationMs } from '../core/time.js'

/** One rung as a user writes it. */
export interface RungOption {
  readonly to: string
  readonly within: Duration
}

/** What a rule says of a proposal. Rules are pure; verdicts are journalled. */
export type Verdict =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'refuse'; readonly reason: Reason; readonly say: string }
  | { readonly verdict: 'escalate'; readonly chain: readonly Rung[] }

const ALLOW: Verdict = Object.freeze({ verdict: 'allow' })

export const allow = (): Verdict => ALLOW

/** A governed no that the model can read. */
export const refuse = (reason: Reason, say?: string): Verdict => {
  if (!REASONS.includes(reason)) {
    throw new MidwatchError('invalid_definition', `'${reason}' is no reason; use one of ${REASONS.join(', ')}.`)
  }
  return { verdict: 'refuse', reason, say: say ?? `Refused: ${reason}.` }
}

/**
 * Parks the run on exactly this call until a person decides: rung by rung, with a default on the last. Throws
 * `invalid_definition` for a chain without one: nobody might ever answer.
 */
export const escalate = (...chain: [...RungOption[], RungOption & { otherwise: 'refuse' | 'hand_over' }]): Verdict => {
  const last: Partial<(typeof chain)[number]> = chain.at(-1) ?? {}
  if (!('otherwise' in last) || last.otherwise === undefined) {
    throw new MidwatchError(
      'invalid_definition',
      "escalate: the last rung says what holds when nobody answers; add otherwise: 'refuse' or 'hand_over'.",
    )
  }
  return { verdict: 'escalate', chain: chain.map(rungOf) }
}

function rungOf(rung: RungOption & { otherwise?: 'refuse' | 'hand_over' }): Rung {
  const { to, within, otherwise } = rung
  return { to, withinMs: durationMs(within), ...(otherwise === undefined ? {} : { otherwise }) }
}
