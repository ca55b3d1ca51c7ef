import { MidwatchError } from '../core/errors.js'
import type { Tally } from './breaker.js'

/** How many attempts may stand behind the first of their step: a share of the calls, so that trouble is not multiplied. */
export interface RetryBudgetOptions {
  /** From 0 to 1; default 0.1. */
  readonly share?: number
  /** So many in a window at least, so that a quiet tool may try again at all; default 30. */
  readonly floor?: number
}

export interface RetryBudget {
  readonly share: number
  readonly floor: number
}

/** Throws `invalid_config` for numbers that mean nothing. */
export function retryBudget({ share = 0.1, floor = 30 }: RetryBudgetOptions = {}): RetryBudget {
  const fits = share >= 0 && share <= 1 && Number.isSafeInteger(floor) && floor >= 0
  if (!fits)
    throw new MidwatchError('invalid_config', 'retryBudget: share is from 0 to 1, floor a whole number from 0.')
  return { share, floor }
}

/** Retries that the budget allows for what the fleet called in a window. */
export function retriesAllowed(tally: Pick<Tally, 'calls'>, { share, floor }: RetryBudget): number {
  return Math.max(floor, Math.floor(tally.calls * share))
}
