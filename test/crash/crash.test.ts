import { describe, expect, it } from 'vitest'
import { crashCases } from './night.js'
import { playAll } from './parade.js'

describe('a worker killed at a failpoint', () => {
  it('leaves nothing done twice, no run stuck and the ledger clean', async () => {
    const { results, violations } = await playAll(crashCases([1]), 4)
    expect(violations).toEqual([])
    expect(results.filter((r) => r.wrong.length > 0)).toEqual([])
    expect(results.filter((r) => !r.bit).map((r) => `${r.failpoint} ${r.effect}`)).toEqual([])
  }, 100_000)

  it('stopped past its lease and woken, does nothing more', async () => {
    const stopped = crashCases([2], 'SIGSTOP').filter((c) =>
      ['after_begin', 'before_effect', 'before_settle'].includes(c.failpoint),
    )
    const { results, violations } = await playAll(
      stopped.filter((c) => c.effect === 'checked' || c.effect === 'keyed'),
      4,
    )
    expect(violations).toEqual([])
    expect(results.filter((r) => r.wrong.length > 0 || !r.bit)).toEqual([])
  }, 60_000)
})
