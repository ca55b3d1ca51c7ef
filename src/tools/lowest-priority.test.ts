import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { weighSession } from './lowest-priority.js'

const taken: string[] = []
let refusals = 0
const write = (file: string, text: string) => {
  refusals -= 1
  if (refusals >= 0) throw Object.assign(new Error('Resource temporarily unavailable'), { code: 'EAGAIN' })
  taken.push(`${file} ${text}`)
}

beforeEach(() => {
  vi.useFakeTimers()
  taken.length = 0
})
afterEach(() => vi.useRealTimers())

it('weighs a session again until Linux takes it, as it was asked for last', () => {
  refusals = 3
  weighSession(7, 10, write)
  weighSession(7, 19, write)
  vi.advanceTimersByTime(220)
  expect(taken).toEqual([])
  vi.advanceTimersByTime(110)
  expect(taken).toEqual(['/proc/7/autogroup 19'])
  vi.advanceTimersByTime(1_000)
  weighSession(7, 5, write)
  expect(taken).toEqual(['/proc/7/autogroup 19', '/proc/7/autogroup 5'])
})

it('lets a session go that is gone', () => {
  const gone = () => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
  }
  weighSession(8, 10, gone)
  refusals = 0
  weighSession(8, 19, write)
  expect(taken).toEqual(['/proc/8/autogroup 19'])
})
