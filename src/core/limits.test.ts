import { describe, expect, it } from 'vitest'
import { LIMITS } from './limits.js'

type Name = keyof typeof LIMITS

describe('the limits', () => {
  it('are whole and positive', () => {
    expect(Object.entries(LIMITS).filter(([, value]) => !Number.isSafeInteger(value) || value <= 0)).toEqual([])
  })

  it.each<[Name, times: number, Name, why: string]>([
    ['heartbeat_ms', 3, 'lease_ms', 'two heartbeats may be lost before a lease runs out'],
    ['clock_skew_ms', 1, 'lease_ms', 'a clock that is wrong is noticed before leases are'],
    ['poll_ms', 4, 'heartbeat_ms', 'a lost wake-up costs less than a heartbeat'],
    ['lease_ms', 2, 'vouch_ms', 'who knew the ledger has beaten before somebody who did not stops it'],
    ['heads_bytes', 4, 'heads_read_bytes', 'what two processes left is read whole'],
    ['kill_wait_ms', 2, 'lease_ms', 'a kill has bitten before leases run out'],
    ['backoff_base_ms', 2, 'backoff_cap_ms', 'there is something to grow to'],
    ['body_bytes', 1, 'batch_bytes', 'the longest body fits into a batch'],
    ['claim_clipped', 1, 'claim_batch', 'what is given at most is within what is asked for'],
    ['claim_batch', 1, 'batch_ops', 'what was claimed at once can be written at once'],
    ['grace_ms', 10, 'tool_timeout_ms', 'grace is small beside what it is added to'],
    ['tool_timeout_ms', 10, 'run_deadline_ms', 'a step is small beside its run'],
    ['model_timeout_ms', 10, 'run_deadline_ms', 'a step is small beside its run'],
    ['busy_wait_ms', 10, 'run_deadline_ms', 'who waits for a key gives up long before its run does'],
    [
      'doubt_within_ms',
      4,
      'run_deadline_ms',
      'a doubt that nobody decides ends its run by its own rule, not by the deadline',
    ],
    ['doubt_margin_ms', 100, 'doubt_within_ms', 'people lose little of their time to it'],
    ['poll_ms', 4, 'doubt_margin_ms', 'the end of a question is noticed before the deadline'],
    ['config_look_ms', 2, 'config_load_ms', 'what can go on without the config does so soon'],
    ['isolated_load_ms', 1, 'isolated_idle_ms', 'a child is not given up while it loads'],
  ])('%s, %i times over, is within %s: %s', (small, times, large) => {
    expect(LIMITS[small] * times).toBeLessThanOrEqual(LIMITS[large])
  })
})
