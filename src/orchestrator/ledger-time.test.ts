import { beforeEach, expect, it } from 'vitest'
import type { Clock } from '../core/time.js'
import { LedgerTime } from './ledger-time.js'

const HOUR_MS = 3_600_000

/** A machine beside the ledger: true time passes for both, a suspension stops its monotonic clock, a step moves its wall clock. */
let trueMs: number
let wallMs: number
let suspendedMs: number
let time: LedgerTime

beforeEach(() => {
  trueMs = 1_000_000
  wallMs = 40
  suspendedMs = 0
  time = new LedgerTime({ now: () => trueMs + wallMs, monotonic: () => trueMs - suspendedMs } as Clock)
})

const pass = (ms: number) => {
  trueMs += ms
}
const suspend = (ms: number) => {
  trueMs += ms
  suspendedMs += ms
}
/** Asks the ledger, whose answer takes so long to come; what happens on the way there and on the way back. */
function ask(wayThere: () => void, wayBack: () => void): void {
  const asked = time.asking()
  wayThere()
  const at = trueMs
  wayBack()
  time.anchor(at, asked)
}
const aheadMs = () => time.now() - trueMs

it("goes on with the ledger's time though the wall clock jumps", () => {
  time.observe(trueMs)
  for (const jumpMs of [HOUR_MS, -2 * HOUR_MS]) wallMs += jumpMs
  pass(250)
  expect(aheadMs()).toBe(0)
})

it("has no time but the machine's before the ledger has spoken", () => {
  expect(aheadMs()).toBe(40)
  time.observe(trueMs)
  expect(aheadMs()).toBe(0)
})

it('does not take an answer that came late for the time now', () => {
  ask(
    () => pass(2),
    () => pass(2),
  )
  const before = aheadMs()
  const at = trueMs
  pass(9_000)
  time.observe(at)
  expect(aheadMs()).toBe(before)
})

it('is put right by a quick answer after a slow one, whichever way it was off', () => {
  ask(
    () => pass(3),
    () => pass(4_000),
  )
  expect(aheadMs()).toBe(-4_000)
  ask(
    () => pass(3),
    () => pass(5),
  )
  expect(aheadMs()).toBe(-5)
})

it('is put back where it ran ahead, for an answer is no older than its question', () => {
  time.observe(trueMs + 6_000)
  ask(
    () => pass(3),
    () => pass(5),
  )
  expect(aheadMs()).toBe(3)
})

it('is not put right by an answer that took longer than it is off', () => {
  time.observe(trueMs + 1_000)
  ask(
    () => pass(700),
    () => pass(700),
  )
  expect(aheadMs()).toBe(700)
})

it('catches up after a suspension with the first answer, even one that was on its way meanwhile', () => {
  time.observe(trueMs)
  suspend(HOUR_MS)
  expect(aheadMs()).toBe(-HOUR_MS)
  time.observe(trueMs)
  expect(aheadMs()).toBe(0)
  ask(
    () => suspend(HOUR_MS),
    () => pass(2),
  )
  expect(aheadMs()).toBe(-2)
})

it('takes the wall clock’s word for how old an answer is after a suspension, and does not fall behind for it', () => {
  time.observe(trueMs)
  const at = trueMs
  const asked = time.asking()
  suspend(10_000)
  // Meanwhile another answer came, of now.
  time.observe(trueMs)
  time.anchor(at, asked)
  expect(aheadMs()).toBe(0)
})
