import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../testing/manual-clock.js'
import { LedgerTime } from './ledger-time.js'
import { Waiting } from './waiting.js'

let clock: ManualClock
let woken: number
let waiting: Waiting
const rung: string[] = []

beforeEach(() => {
  clock = manualClock()
  woken = 0
  rung.length = 0
  waiting = new Waiting({ clock, time: new LedgerTime(clock) }, () => {
    woken += 1
  })
})

const wait = (waits: string, inMs: number | null) => {
  const until = inMs === null ? null : clock.now() + inMs
  void waiting.add({ until, waits, step: waits }).then(() => rung.push(waits))
}

it('wakes each at its time, and counts it before it goes on', async () => {
  wait('late', 200)
  wait('soon', 100)
  await clock.advance(100)
  expect([rung, woken, waiting.size]).toEqual([['soon'], 1, 1])
  await clock.advance(100)
  expect([rung, woken, waiting.size]).toEqual([['soon', 'late'], 2, 0])
})

it('stands still as one: the earliest time, all that is waited for, all that is asked', () => {
  const escalation = { id: 'e' } as never
  wait('timer', 500)
  wait('mail', null)
  void waiting.add({ until: clock.now() + 300, waits: 'person', step: 'ask#1', escalation })
  expect(waiting.standstill()).toEqual({
    dueAt: clock.now() + 300,
    waits: 'timer, mail, person',
    escalations: [escalation],
  })
})

it('has no time where nobody waits for one', () => {
  wait('mail', null)
  expect(waiting.standstill().dueAt).toBeNull()
})

it('rings for nobody while it is frozen, and holds no timer', async () => {
  wait('timer', 100)
  expect(clock.sleepers).toBe(1)
  waiting.freeze()
  await clock.advance(1_000)
  expect([rung, waiting.size, clock.sleepers]).toEqual([[], 1, 0])
})

it('lets everyone look again when the run is taken up, once', async () => {
  wait('timer', 100)
  wait('mail', null)
  waiting.freeze()
  waiting.thaw()
  await clock.advance(1_000)
  expect([rung, woken, waiting.size]).toEqual([['timer', 'mail'], 2, 0])
})
