import { meterInStage } from './stages.js'
import type { Verdict } from './verdict.js'

/**
 * What a ceiling does when it has no room. end: the run ends as `exhausted` · tell: the model reads a refusal ·
 * wait: until the window is over · or a person is asked (`escalate(…)`): approval means look again, never a waiver.
 */
export type Breach = 'end' | 'tell' | 'wait' | Verdict

/**
 * What the policy says of a meter. By default a tool's own meter and a stage's ceiling are told to the model, and any other
 * ends the run.
 */
export function breachFor(
  set: Readonly<Record<string, Breach | undefined>>,
  meter: string,
  own: Readonly<Record<string, unknown>> = {},
): Breach {
  const staged = meterInStage(meter)
  if (staged !== null) return set[staged] ?? 'tell'
  return set[meter] ?? (Object.hasOwn(own, meter) ? 'tell' : 'end')
}
