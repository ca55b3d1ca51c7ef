import { expect, it } from 'vitest'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import type { DueRun } from '../core/run-row.js'
import { manualClock } from '../testing/manual-clock.js'
import { DueWatch } from './due-watch.js'

const settled = () => new Promise((done) => setImmediate(done))

function watching() {
  const clock = manualClock()
  const alarms: string[] = []
  let rows: DueRun[] = []
  let looks = 0
  let isAway = false
  const ledger = {
    due: async () => {
      looks += 1
      if (isAway) throw new MidwatchError('ledger_away', 'The connection was cut.')
      return rows
    },
  }
  const alarm = (what: string) => alarms.push(what)
  const watch = new DueWatch({ ledger, clock, serves: ['a@1#f'], queues: ['default'], alarm })
  return {
    ...{ watch, clock, alarms },
    looks: () => looks,
    due: (...of: readonly (readonly [runId: string, fence: number, dueAt: number | null])[]) => {
      rows = of.map(([runId, fence, dueAt]) => ({ runId, fence, dueAt }))
    },
    away: (away: boolean) => {
      isAway = away
    },
  }
}

it('tells what is due once each time that it falls due, when it is poked and by the clock', async () => {
  const { watch, clock, due } = watching()
  const heard: string[] = []
  due(['r1', 1, 5])
  watch.listen((runId) => heard.push(runId))
  await settled()
  due(['r1', 1, 5], ['r2', 1, 6])
  watch.poke()
  await settled()
  expect(heard).toEqual(['r1', 'r2'])
  // Claimed, parked and due again meanwhile; and one whose worker died.
  due(['r1', 2, 9], ['r2', 1, 6], ['r3', 4, null])
  await clock.advance(LIMITS.poll_ms)
  await settled()
  expect(heard).toEqual(['r1', 'r2', 'r1', 'r3'])
  await watch.stop()
})

it('tells again of what nobody took up', async () => {
  const { watch, clock, due } = watching()
  const heard: string[] = []
  due(['r1', 1, 5])
  watch.listen((runId) => heard.push(runId))
  await settled()
  for (let ms = 0; ms < LIMITS.due_again_ms - LIMITS.poll_ms; ms += LIMITS.poll_ms) await clock.advance(LIMITS.poll_ms)
  await settled()
  expect(heard).toEqual(['r1'])
  await clock.advance(LIMITS.poll_ms)
  await settled()
  expect(heard).toEqual(['r1', 'r1'])
  await watch.stop()
})

it('looks at nothing while nobody listens, and goes on after a ledger that was away and a listener that failed', async () => {
  const { watch, clock, due, looks, away, alarms } = watching()
  watch.poke()
  await clock.advance(10 * LIMITS.poll_ms)
  expect(looks()).toBe(0)
  const heard: string[] = []
  away(true)
  watch.listen(() => {
    throw new RangeError('no room')
  })
  const leave = watch.listen((runId) => heard.push(runId))
  await settled()
  away(false)
  due(['r1', 1, 5])
  await clock.advance(LIMITS.poll_ms)
  await settled()
  expect(heard).toEqual(['r1'])
  expect(new Set(alarms)).toEqual(
    new Set(['What is due was not looked at: The connection was cut.', 'Who listens to what is due failed: no room']),
  )
  leave()
  await watch.stop()
  const before = looks()
  await clock.advance(10 * LIMITS.poll_ms)
  expect(looks()).toBe(before)
})
