import { expect, it } from 'vitest'
import { LedgerTime } from '../orchestrator/ledger-time.js'
import { manualClock } from '../testing/manual-clock.js'
import { Visit } from './visit.js'

function visit(withinMs: number) {
  const clock = manualClock()
  const time = new LedgerTime(clock)
  let pokes = 0
  const poke = () => {
    pokes += 1
  }
  const made = new Visit({ clock, time, poke }, withinMs)
  return { clock, made, now: () => time.now(), pokes: () => pokes }
}
const ended = { status: 'ended', outcome: { status: 'completed', output: null }, continued: false } as const

it('is over when nothing is under way', async () => {
  const { made } = visit(1_000)
  expect([made.look(false), made.look(true)]).toEqual([false, true])
  expect(await made.result).toEqual({ stretches: 0, idle: true })
})

it('waits for a run that falls due within it, and for no other', async () => {
  const { made, now } = visit(1_000)
  made.heard('soon', { status: 'parked', waits: 'timer', dueAt: now() + 900, keep: true })
  made.heard('late', { status: 'parked', waits: 'timer', dueAt: now() + 1_100, keep: true })
  expect(made.look(true)).toBe(false)
  made.heard('soon', ended)
  expect(made.look(true)).toBe(true)
  expect(await made.result).toEqual({ stretches: 3, idle: true })
})

it('has the loop look when its time is over, and says that something is left', async () => {
  const { made, clock, pokes } = visit(1_000)
  await clock.advance(999)
  expect([made.isOpen, made.look(false), pokes()]).toEqual([true, false, 0])
  await clock.advance(1)
  expect([made.isOpen, pokes(), made.look(false)]).toEqual([false, 1, true])
  expect(await made.result).toEqual({ stretches: 0, idle: false })
})
