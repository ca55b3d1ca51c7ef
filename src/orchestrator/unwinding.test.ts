import { expect, it } from 'vitest'
import type { ToolSpec } from '../tools/spec.js'
import { TimeLeft } from './time-left.js'
import { roomFor } from './unwinding.js'

const undo = (attempts: number, timeoutMs: number) => ({ attempts, timeoutMs }) as ToolSpec

it('a wind-down has room for what it may cost at worst, beyond what the run has used and set aside', () => {
  const meters = { steps: { used: 5, reserved: 1 }, fees: { used: 0, reserved: 0 }, usd: { used: 9, reserved: 0 } }
  const undos = [
    { spec: undo(3, 1_000), own: { fees: 2 } as Record<string, number> },
    { spec: undo(1, 500), own: {} },
  ]
  expect(roomFor({ meters }, undos)).toEqual({
    steps: 8,
    tool_calls: 4,
    attempts: 4,
    retries: 2,
    active: 3_500,
    fees: 6,
  })
  expect(roomFor({ meters }, [])).toEqual({})
})

/** What is left at a time of a run that may take so long in all. */
function leftAt(
  nowMs: number,
  of: { allMs: number; windDownMs: number; unwinding?: object; parent?: object },
): TimeLeft {
  const run = { createdAt: 0, deadlineAt: of.allMs, parent: (of.parent ?? null) as never }
  const engine = { clock: { timer: () => () => undefined } }
  const definition = { windDownMs: of.windDownMs }
  return new TimeLeft({ run, engine, definition, unwinding: of.unwinding ?? null, now: () => nowMs })
}

it('the time of a wind-down is kept for it, and its own once it has begun', () => {
  const all = { allMs: 100, windDownMs: 40 }
  expect(leftAt(10, all).ms()).toBe(50)
  expect(leftAt(70, all).over()).toEqual({ status: 'exhausted', meter: 'deadline', used: 70, limit: 60 })
  expect(leftAt(10, { ...all, unwinding: {} }).ms()).toBe(90)
  // Whatever it waits for, it is taken up when its own time is over.
  expect([leftAt(10, all).due(null), leftAt(10, all).due(99), leftAt(10, all).due(20)]).toEqual([60, 60, 20])
  expect([leftAt(10, { ...all, unwinding: {} }).due(99), leftAt(10, { ...all, windDownMs: 0 }).due(null)]).toEqual([
    99,
    null,
  ])
})

it('a run that has less in all than its wind-down wants has half of it to work', () => {
  expect(leftAt(0, { allMs: 30, windDownMs: 40 }).ms()).toBe(15)
  expect(leftAt(0, { allMs: 50, windDownMs: 40, parent: {} }).ms()).toBe(25)
})
