import { LIMITS } from '../core/limits.js'
import { FAULT_ADVICE, type FaultClass } from './faults.js'

/** What is known when an attempt of a model step has failed. */
export interface FailedAttempt {
  readonly fault: { readonly class: FaultClass; readonly retryAfterMs?: number }
  /** Which of the models in fallback order it was, from 0, and how many there are. */
  readonly model: number
  readonly models: number
  /** Attempts made with this model in this step, this one included. */
  readonly attempts: number
  /** Attempts made where this model's arrive, and those kept for later models there; default `attempts`. */
  readonly spent?: number
  /** What the run's retry budget still allows; every further attempt is one, a fallback too. */
  readonly retriesLeft: number
  /** What is left of the deadline; null without one. */
  readonly leftMs: number | null
  /** In [0, 1). */
  readonly random: number
}

/** `retry`: the same model after a while · `fallback`: the next model at once · `give_up`: the step fails, `why` says it. */
export type NextAttempt =
  | { readonly next: 'retry'; readonly model: number; readonly delayMs: number }
  | { readonly next: 'fallback'; readonly model: number; readonly delayMs: 0 }
  | { readonly next: 'give_up'; readonly why: FaultClass | 'retries' | 'deadline' }

/** Attempts with one model before the next one is asked, and of one step at one endpoint. */
export const ATTEMPTS_PER_MODEL = 3

/**
 * What to do after a failed attempt. The same model is tried again while its fault may pass; the next model is asked when
 * the fault will not pass, the attempts are used up, or the provider wants a longer wait than a backoff ever is.
 */
export function nextAttempt(failed: FailedAttempt): NextAttempt {
  const { fault, model, models, attempts, spent = attempts, retriesLeft, leftMs } = failed
  const advice = FAULT_ADVICE[fault.class]
  const other = advice.fallback && model + 1 < models
  const again = advice.retryable && spent < ATTEMPTS_PER_MODEL
  if (!again && !other) return { next: 'give_up', why: fault.class }
  if (retriesLeft < 1) return { next: 'give_up', why: 'retries' }
  const delayMs = again ? backoffMs(attempts, failed.random, fault.retryAfterMs) : 0
  const tooLong = (fault.retryAfterMs ?? 0) > LIMITS.backoff_cap_ms || (leftMs !== null && delayMs >= leftMs)
  if (other && (!again || tooLong)) return { next: 'fallback', model: model + 1, delayMs: 0 }
  if (leftMs !== null && delayMs >= leftMs) return { next: 'give_up', why: 'deadline' }
  return { next: 'retry', model, delayMs }
}

/**
 * Full jitter: anything from 0 to the doubled base, capped. A Retry-After is a floor with the jitter on top, lest everyone
 * come back at once.
 */
export function backoffMs(attempts: number, random: number, retryAfterMs = 0): number {
  const most = Math.min(LIMITS.backoff_cap_ms, LIMITS.backoff_base_ms * 2 ** Math.min(attempts - 1, 30))
  return retryAfterMs + Math.floor(random * most)
}
