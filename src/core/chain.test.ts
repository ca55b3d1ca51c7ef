import { describe, expect, it } from 'vitest'
import { bodyDigest, chainHash, headerOf } from './chain.js'
import { systemEntropy } from './ids.js'

const entry = {
  runId: 'r1',
  seq: 2,
  kind: 'claim' as const,
  fence: 7,
  at: 1_000,
  epoch: 0,
  ref: null,
  factsText: '{}',
}

describe('the chain of a journal', () => {
  const hash = (change: Partial<typeof entry>) => chainHash('before', headerOf({ ...entry, ...change }), 'digest')

  it.each([{ runId: 'r2' }, { seq: 3 }, { fence: 8 }, { at: 1_001 }, { epoch: 1 }, { factsText: '{"a":1}' }])(
    'changes with %o',
    (change) => {
      expect(hash(change)).not.toBe(hash({}))
    },
  )

  it('changes with the kind, the reference, the hash before and the body', () => {
    const header = headerOf(entry)
    const all = [
      chainHash('before', header, 'digest'),
      chainHash('before', headerOf({ ...entry, kind: 'begin' }), 'digest'),
      chainHash('before', headerOf({ ...entry, ref: 1 }), 'digest'),
      chainHash('other', header, 'digest'),
      chainHash('before', header, 'other'),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('covers a body by a salted digest: the same words twice do not show', () => {
    expect(bodyDigest('salt', 'yes')).not.toBe(bodyDigest('other', 'yes'))
  })
})

describe('ids and randomness of the system', () => {
  it('gives salts of 64 bits in 11 characters, never one twice, across refills of the pool', () => {
    const salts = Array.from({ length: 3_000 }, () => systemEntropy.salt())
    expect(new Set(salts).size).toBe(salts.length)
    expect(salts.every((salt) => /^[\w-]{11}$/.test(salt))).toBe(true)
  })

  it('gives run ids that sort by time, and random numbers below one', () => {
    const ids = Array.from({ length: 100 }, () => systemEntropy.runId())
    expect(ids).toEqual([...ids].sort())
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const random = systemEntropy.random()
    expect(random >= 0 && random < 1).toBe(true)
  })
})
