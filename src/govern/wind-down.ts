import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import { OUTCOMES, type OutcomeStatus } from '../core/states.js'
import { type Duration, durationMs } from '../core/time.js'

/**
 * What becomes of a run's confirmed effects when it does not complete. leave: they stand · undo: they are taken back, the newest
 * first, and people are asked about what cannot be · escalate: people are asked first.
 */
export type WindDown = 'leave' | 'undo' | 'escalate'
type Ends = Exclude<OutcomeStatus, 'completed'>

/** By how the run ended. */
export interface WindDownByEnd {
  readonly refused?: WindDown
  readonly handed_over?: WindDown
  readonly exhausted?: WindDown
  readonly failed?: WindDown
  /** While a kill covers the run nothing can be taken back. Default `leave`. */
  readonly killed?: Exclude<WindDown, 'undo'>
  /** For the others. Default `leave`. */
  readonly otherwise?: WindDown
  /** Who is asked about what remains. Default `operator`. */
  readonly to?: string
  /** Time of its own, beyond the run's deadline; people's answers come within it. Default 5 h. */
  readonly within?: Duration
}

/** A wind-down, checked. */
export interface WindDownPlan {
  readonly byEnd: Readonly<Record<Ends, WindDown>>
  readonly to: string
  readonly withinMs: number
}

/** What is done for each end; null where everything is left. Throws `invalid_definition`, `invalid_duration`. */
export function windDownOf(name: string, option: WindDown | WindDownByEnd | undefined): WindDownPlan | null {
  const asked: WindDownByEnd = typeof option === 'string' ? { otherwise: option } : (option ?? {})
  const { to = 'operator', within, otherwise = 'leave', killed = 'leave', ...named } = asked
  const others = OUTCOMES.filter((one) => one !== 'completed' && one !== 'killed')
  const byEnd = {
    ...Object.fromEntries(others.map((end) => [end, otherwise])),
    ...named,
    killed,
  } as WindDownPlan['byEnd']
  for (const [end, how] of Object.entries(byEnd)) {
    const isWord = how === 'leave' || how === 'escalate' || (how === 'undo' && end !== 'killed')
    if (isWord && (OUTCOMES as readonly string[]).includes(end)) continue
    const words = end === 'killed' ? 'leave or escalate: a kill stops an undo, too' : 'leave, undo or escalate'
    throw new MidwatchError('invalid_definition', `'${name}': windDown.${end} is ${words}.`)
  }
  if (Object.values(byEnd).every((how) => how === 'leave')) return null
  return { byEnd, to, withinMs: within === undefined ? LIMITS.unwind_within_ms : durationMs(within) }
}
