import { describe, expect, it } from 'vitest'
import { manualClock } from '../testing/manual-clock.js'
import { WorldTime } from './world-time.js'

function scene() {
  const clock = manualClock()
  const slept: number[] = []
  const time = new WorldTime({ ...clock, sleep: async (ms) => void slept.push(ms) })
  return { clock, slept, time }
}

describe('the time of the world outside', () => {
  it('is as long as it was asked for', async () => {
    const { slept, time } = scene()
    await time.sleep(600)
    expect(slept).toEqual([600])
  })

  it('ends with what a tool promised, and is its own again afterwards', async () => {
    const { clock, slept, time } = scene()
    const done = await time.by(clock.now() + 250, async () => {
      await time.sleep(600)
      await time.sleep(100)
      return 'paid'
    })
    await time.sleep(600)
    expect([done, slept]).toEqual(['paid', [250, 100, 600]])
  })

  it('keeps the nearest of several promises, and none of one that failed', async () => {
    const { clock, slept, time } = scene()
    const failed = time.by(clock.now() + 300, () =>
      time.by(clock.now() - 5, async () => {
        await time.sleep(600)
        throw new Error('declined')
      }),
    )
    await expect(failed).rejects.toThrow('declined')
    await time.sleep(600)
    expect(slept).toEqual([0, 600])
  })
})
