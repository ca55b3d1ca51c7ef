import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ATTEMPTS_PER_MODEL, backoffMs, type FailedAttempt, nextAttempt } from './fallback.js'
import { FAULT_ADVICE, type FaultClass } from './faults.js'

const failed = (fault: FaultClass, more: Partial<FailedAttempt> = {}, retryAfterMs?: number): FailedAttempt => ({
  fault: { class: fault, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  model: 0,
  models: 2,
  attempts: 1,
  retriesLeft: 6,
  leftMs: null,
  random: 0.5,
  ...more,
})

describe('after a failed attempt', () => {
  test('a fault that may pass is tried again with the same model', () => {
    expect(nextAttempt(failed('transient'))).toEqual({ next: 'retry', model: 0, delayMs: 100 })
  })

  test('attempts used up, the next model is asked at once', () => {
    expect(nextAttempt(failed('transient', { attempts: ATTEMPTS_PER_MODEL }))).toEqual({
      next: 'fallback',
      model: 1,
      delayMs: 0,
    })
  })

  test('a fault that will not pass goes to the next model without trying again', () => {
    expect(nextAttempt(failed('context_length'))).toMatchObject({ next: 'fallback', model: 1 })
  })

  test('the last model has nobody behind it', () => {
    expect(nextAttempt(failed('auth', { model: 1 }))).toEqual({ next: 'give_up', why: 'auth' })
    expect(nextAttempt(failed('timeout', { model: 1, attempts: ATTEMPTS_PER_MODEL }))).toEqual({
      next: 'give_up',
      why: 'timeout',
    })
  })

  test('what our own side cut is given up', () => {
    expect(nextAttempt(failed('aborted'))).toEqual({ next: 'give_up', why: 'aborted' })
  })

  test('a Retry-After is waited out', () => {
    expect(nextAttempt(failed('rate_limit', {}, 4_000))).toEqual({ next: 'retry', model: 0, delayMs: 4_100 })
  })

  test('a Retry-After longer than any backoff goes to the next model, or is waited out where there is none', () => {
    expect(nextAttempt(failed('rate_limit', {}, 60_000))).toMatchObject({ next: 'fallback' })
    expect(nextAttempt(failed('rate_limit', { models: 1 }, 60_000))).toMatchObject({ next: 'retry', delayMs: 60_100 })
  })

  test('no wait goes past the deadline', () => {
    expect(nextAttempt(failed('rate_limit', { leftMs: 3_000 }, 4_000))).toMatchObject({ next: 'fallback' })
    expect(nextAttempt(failed('rate_limit', { leftMs: 3_000, models: 1 }, 4_000))).toEqual({
      next: 'give_up',
      why: 'deadline',
    })
  })

  test('the retry budget covers fallbacks too', () => {
    expect(nextAttempt(failed('transient', { retriesLeft: 0 }))).toEqual({ next: 'give_up', why: 'retries' })
    expect(nextAttempt(failed('auth', { retriesLeft: 0 }))).toEqual({ next: 'give_up', why: 'retries' })
  })
})

test('every step ends: however it fails, the attempts are bounded by models and budget', () => {
  const classes = fc.constantFrom(...(Object.keys(FAULT_ADVICE) as FaultClass[]))
  fc.assert(
    fc.property(
      fc.array(classes, { minLength: 40, maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(9),
      (faults, models, budget) => {
        let state = { model: 0, attempts: 1 }
        let retriesLeft = budget
        let total = 1
        for (const fault of faults) {
          const next = nextAttempt(failed(fault, { ...state, models, retriesLeft }))
          if (next.next === 'give_up') break
          retriesLeft -= 1
          total += 1
          state =
            next.next === 'retry' ? { ...state, attempts: state.attempts + 1 } : { model: next.model, attempts: 1 }
        }
        expect(total).toBeLessThanOrEqual(Math.min(budget + 1, models * ATTEMPTS_PER_MODEL))
        expect(state.model).toBeLessThan(models)
      },
    ),
    { numRuns: 200 },
  )
})

test('backoff doubles to its cap, jittered from nothing', () => {
  expect([1, 2, 3, 4].map((attempt) => backoffMs(attempt, 0.999_999))).toEqual([199, 399, 799, 1_599])
  expect(backoffMs(400, 0.999_999)).toBe(9_999)
  expect(backoffMs(5, 0)).toBe(0)
})
