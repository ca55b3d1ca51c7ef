import type { Rung } from '../../core/escalation.js'
import { canonical } from '../../core/json.js'
import type { Window } from '../../core/meters.js'

/** A meter without room, or one that has it, as it was counted when a step asked. Smallest units. */
export interface Numbers {
  readonly scope: string
  readonly meter: string
  readonly per: Window
  readonly used: number
  readonly reserved: number
  readonly amount: number
  readonly limit: number
}

/** What was said of one proposal or attempt. `wait`: for the window of a meter. */
export interface Ruling {
  readonly verdict: 'allow' | 'refuse' | 'escalate' | 'wait' | 'end'
  /** `rules.TOOL`, `ceilings.SCOPE.METER`, `unusable`; null where it was allowed. */
  readonly rule: string | null
  readonly say?: string
  readonly chain?: readonly Rung[]
  readonly numbers?: Numbers
}

export const ALLOWED: Ruling = Object.freeze({ verdict: 'allow', rule: null })

/** Another verdict, by another rule, or put to other people. Words and numbers alone are no change. */
export function differ(then: Ruling, now: Ruling): boolean {
  if (then.verdict !== now.verdict || then.rule !== now.rule) return true
  return canonical(then.chain ?? null) !== canonical(now.chain ?? null)
}

/** `ceilings.run.usd`, `ceilings.tenant.refund_usd.day`. */
export function ceilingRule(scope: string, meter: string, per: Window): string {
  const where = scope === '' ? 'run' : (scope.split(':')[0] ?? scope)
  return `ceilings.${where}.${meter}${per === 'total' ? '' : `.${per}`}`
}
