import type { BreakerRow, Slot, Tallied } from '../core/breakers.js'
import { MidwatchError } from '../core/errors.js'
import { type Duration, durationMs } from '../core/time.js'

/** When a breaker opens, and how it closes again. */
export interface BreakerOptions {
  /** How far back calls are looked at; default 30s. */
  readonly window?: Duration
  /** Fewer calls than so many in the window say nothing; default 20. */
  readonly minimum?: number
  /** It opens when so many of them failed, from 0 to 1; default 0.5. */
  readonly share?: number
  /** How long it stays open the first time, twice as long each further time, and at most; default 5s and 2m. */
  readonly coolDown?: Duration
  readonly coolDownMost?: Duration
  /** Calls that are let through when the cool-down is over: all must succeed. Default 3. */
  readonly probes?: number
  /** Whether an endpoint that says "too many" (429, busy) counts as one that fails; default true. */
  readonly rateLimits?: boolean
}

/** The same with everything filled in. */
export interface BreakerPolicy {
  readonly windowMs: number
  readonly minimum: number
  readonly share: number
  readonly coolDownMs: number
  readonly coolDownMostMs: number
  readonly probes: number
  readonly rateLimits: boolean
}

/** Throws `invalid_config` for numbers that mean nothing, `invalid_duration`. */
export function breakerPolicy(options: BreakerOptions = {}): BreakerPolicy {
  const policy = {
    windowMs: durationMs(options.window ?? '30s'),
    minimum: options.minimum ?? 20,
    share: options.share ?? 0.5,
    coolDownMs: durationMs(options.coolDown ?? '5s'),
    coolDownMostMs: durationMs(options.coolDownMost ?? '2m'),
    probes: options.probes ?? 3,
    rateLimits: options.rateLimits ?? true,
  }
  const wrong = faultIn(policy)
  if (wrong !== null) throw new MidwatchError('invalid_config', `breakers: ${wrong}`)
  return policy
}

function faultIn(policy: BreakerPolicy): string | null {
  const { windowMs, minimum, share, coolDownMs, coolDownMostMs, probes } = policy
  if (windowMs < 1_000 || windowMs > WINDOW_MOST_MS) return 'window is from 1s to 5m.'
  if (!isCount(minimum) || !isCount(probes)) return 'minimum and probes are whole numbers from 1.'
  if (!(share > 0 && share <= 1)) return 'share is above 0, and at most 1.'
  return coolDownMs < 1 || coolDownMostMs < coolDownMs ? 'coolDown is at least 1ms, and coolDownMost not less.' : null
}

/** Workers keep what happened for so long, whatever window their policies name. */
export const WINDOW_MOST_MS = 300_000
const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 1

/** What the fleet's calls under one key came to. */
export interface Tally {
  readonly calls: number
  readonly failures: number
  readonly retries: number
}

/** Sums over the fleet of what began after `since`: the start of a window, or the last move where that is later. */
export function tallyOf(all: readonly Tallied[], key: string, since: number): Tally {
  const slots = all.flatMap(({ slots }) => slots[key] ?? []).filter(({ at }) => at >= since)
  const sum = (of: (slot: Slot) => number) => slots.reduce((so, slot) => so + of(slot), 0)
  return { calls: sum((s) => s.calls), failures: sum((s) => s.failures), retries: sum((s) => s.retries) }
}

/** What is to be done about a breaker. */
export interface BreakerDecision {
  readonly to: 'open' | 'closed'
  readonly coolDownMs: number
  readonly opened: number
  readonly reason: string
}

/**
 * Looks at what the fleet's calls came to. A closed one opens on a share of failures among enough calls; a half-open one on the
 * first failure of its probes, and closes when all of them succeeded. An open or an isolated one is left alone: the first is
 * half-opened by a begin, the second by a person.
 */
export function decideBreaker(
  key: string,
  row: BreakerRow | undefined,
  all: readonly Tallied[],
  policy: BreakerPolicy,
  now: number,
): BreakerDecision | null {
  if (row?.state === 'half_open') return afterProbes(key, row, all, policy)
  if (row !== undefined && row.state !== 'closed') return null
  const { calls, failures } = tallyOf(all, key, Math.max(now - policy.windowMs, row?.at ?? 0))
  if (calls < policy.minimum || failures < calls * policy.share) return null
  // One that was closed for long begins anew.
  const again = row !== undefined && now - row.at < policy.coolDownMostMs ? row.opened : 0
  return opening(again, policy, `${failures} of ${calls} calls failed`)
}

function afterProbes(
  key: string,
  row: BreakerRow,
  all: readonly Tallied[],
  policy: BreakerPolicy,
): BreakerDecision | null {
  const heard = all.flatMap(({ probes }) => probes[key] ?? []).filter(({ revision }) => revision === row.revision)
  const failed = heard.reduce((so, one) => so + one.failed, 0)
  const passed = heard.reduce((so, one) => so + one.passed, 0)
  if (failed > 0) return opening(row.opened, policy, `${failed} of ${failed + passed} probes failed`)
  if (passed < row.probesMost) return null
  return { to: 'closed', coolDownMs: 0, opened: row.opened, reason: `${passed} probes passed` }
}

function opening(openedBefore: number, policy: BreakerPolicy, reason: string): BreakerDecision {
  const coolDownMs = Math.min(policy.coolDownMostMs, policy.coolDownMs * 2 ** Math.min(openedBefore, 30))
  return { to: 'open', coolDownMs, opened: openedBefore + 1, reason }
}
