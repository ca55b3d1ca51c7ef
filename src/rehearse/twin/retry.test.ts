import { expect, it } from 'vitest'
import { manualClock } from '../../testing/manual-clock.js'
import { fault } from '../../tools/fault.js'
import { withRetry } from './retry.js'

it('tries three times, whatever went wrong, with a pause that doubles', async () => {
  const clock = manualClock(0)
  const tried: number[] = []
  const work = withRetry(clock, 1_000, async (_, attempt) => {
    tried.push(clock.now())
    throw new Error(`${attempt}`)
  })
  const failed = expect(work).rejects.toThrow('3')
  await clock.advance(5_000)
  await failed
  expect(tried).toEqual([0, 200, 600])
})

it('takes silence for a failure at the timeout, whether or not the call heeds its signal', async () => {
  const clock = manualClock(0)
  const signals: AbortSignal[] = []
  const work = withRetry(clock, 1_000, (signal, attempt) => {
    signals.push(signal)
    return attempt === 1 ? new Promise<string>(() => undefined) : Promise.resolve('done')
  })
  await clock.advance(2_000)
  expect(await work).toBe('done')
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
})

it('does not try again what will stay a failure', async () => {
  let tries = 0
  const work = withRetry(manualClock(), 1_000, async () => {
    tries += 1
    throw fault.permanent('declined')
  })
  await expect(work).rejects.toThrow('declined')
  expect(tries).toBe(1)
})
