import { afterEach, expect, it } from 'vitest'
import { LIMITS } from '../src/core/limits.js'
import { type Holder, type HolderMode, stoppedHolder } from './isolation/holder.js'
import { kindsOf, stage } from './isolation/stage.js'

/** What a loaded machine may add to the wait: looking, ending a backend, rolling back. */
const SLACK_MS = 2_500
const on = stage()
let holder: Holder | null = null

afterEach(async () => {
  await holder?.end()
  holder = null
})

it.each<HolderMode>(['open', 'receiving'])(
  'a stopped client whose begin is %s holds up a kill no longer than the wait, and its begin is undone',
  async (mode) => {
    const hand = await on.scene.held()
    holder = await stoppedHolder(on.arena.url, hand.begin(), mode)
    const asked = performance.now()
    const { terminated } = await on.scene.ledger.engage({ scope: 'fleet', mode: 'end', by: 'operator' })
    const waitedMs = performance.now() - asked
    expect(terminated).toBe(1)
    expect(waitedMs).toBeGreaterThan(LIMITS.kill_wait_ms * 0.9)
    expect(waitedMs).toBeLessThan(LIMITS.kill_wait_ms + SLACK_MS)
    expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim'])
    expect((await hand.put(hand.begin())).code).toBe('switched')
  },
)

it('a stopped client whose begin has committed holds up nothing', async () => {
  const hand = await on.scene.held()
  await hand.must(hand.begin())
  const asked = performance.now()
  const { terminated } = await on.scene.ledger.engage({ scope: 'fleet', mode: 'end', by: 'operator' })
  expect(terminated).toBe(0)
  expect(performance.now() - asked).toBeLessThan(LIMITS.kill_wait_ms)
})
