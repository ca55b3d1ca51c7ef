import { type BreakerOptions, type BreakerPolicy, breakerPolicy } from './breaker.js'
import { type RetryBudget, type RetryBudgetOptions, retryBudget } from './retry-budget.js'

/** Circuit breakers of a runtime: one policy for all, and others by key (`tool:NAME`, `model:PROVIDER/ID`). */
export interface BreakersOptions extends BreakerOptions {
  /** false: this one has none. */
  readonly by?: Readonly<Record<string, BreakerOptions | false>>
}

export interface ContainmentOptions {
  /** Default: on, by the defaults of each option. false: no call is ever held up by what others met. */
  readonly breakers?: BreakersOptions | false
  /** By key, over the fleet; default a tenth of the calls. false: each step makes all the attempts that it may. */
  readonly retryBudget?: RetryBudgetOptions | false
}

/** The same, resolved. */
export interface ContainmentPolicy {
  /** null: no breaker is kept of this key. */
  readonly breaker: (key: string) => BreakerPolicy | null
  readonly budget: RetryBudget | null
  /** How far back calls are kept of a key. */
  readonly windowMs: (key: string) => number
  /** The longest of them. */
  readonly windowMostMs: number
}

/** Throws `invalid_config` and `invalid_duration` for what means nothing. */
export function containmentPolicy({ breakers = {}, retryBudget: budget }: ContainmentOptions = {}): ContainmentPolicy {
  const { by = {}, ...all } = breakers === false ? {} : breakers
  const usual = breakerPolicy(all)
  const own = new Map(
    Object.entries(by).map(([key, options]) => [key, options && breakerPolicy({ ...all, ...options })] as const),
  )
  const of = (key: string): BreakerPolicy | false => own.get(key) ?? usual
  const windowMs = (key: string) => (of(key) || usual).windowMs
  return {
    breaker: (key) => (breakers === false ? null : of(key) || null),
    budget: budget === false ? null : retryBudget(budget),
    windowMs,
    windowMostMs: Math.max(usual.windowMs, ...[...own.keys()].map(windowMs)),
  }
}
