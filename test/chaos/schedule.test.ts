import { expect, it } from 'vitest'
import { scheduleOf } from './schedule.js'

const OF = { seed: 3, seconds: 600, workers: 4 }

it('a seed strikes the same workers at the same times again, and another seed others', () => {
  expect(scheduleOf(OF)).toEqual(scheduleOf(OF))
  expect(scheduleOf({ ...OF, seed: 4 })).not.toEqual(scheduleOf(OF))
})

it('somebody is struck every three seconds, in either way, and the database is restarted in both', () => {
  const all = scheduleOf(OF)
  const times = (what: string) => all.filter((one) => one.what === what).length
  expect(times('SIGKILL') + times('SIGSTOP')).toBe(199)
  expect(Math.min(times('SIGKILL'), times('SIGSTOP'))).toBeGreaterThan(50)
  expect([times('fast'), times('immediate')]).toEqual([1, 1])
  expect(all.every(({ atMs }, i) => atMs <= 600_000 && atMs >= (all[i - 1]?.atMs ?? 0))).toBe(true)
})
