import { describe, expect, it } from 'vitest'
import type { Claimed } from '../core/run-row.js'
import { journalOf, Newborns } from './newborns.js'

const claimed = (more: object = {}): Claimed =>
  ({
    run: { runId: 'r1', claims: 1, headSeq: 2, state: 'running', fence: 7, createdAt: 100, ...more },
    switched: null,
    at: 120,
  }) as Claimed
const known = () => {
  const newborns = new Newborns()
  newborns.admitted('r1', '{"input":1}')
  return newborns
}

describe('the journal of a run that this process admitted', () => {
  it('is known at its first claim, and only then', () => {
    const newborns = known()
    expect(newborns.journal(claimed())).toMatchObject([
      { seq: 1, kind: 'admit', body: '{"input":1}', at: 100 },
      { seq: 2, kind: 'claim', fence: 7, at: 120 },
    ])
    expect(newborns.journal(claimed())).toBeNull()
  })

  it.each([
    ['was claimed before', { claims: 2, headSeq: 3 }],
    ['has other entries', { headSeq: 3 }],
    ['has ended', { state: 'ended' }],
    ['is another', { runId: 'r2' }],
  ])('is read where the run %s', (_, more) => {
    expect(known().journal(claimed(more))).toBeNull()
  })

  it('is read where its body was too long to keep, or too many came since', () => {
    const newborns = new Newborns()
    newborns.admitted('r1', 'x'.repeat(20_000))
    expect(newborns.journal(claimed())).toBeNull()
    const many = known()
    for (let n = 0; n < 1_024; n += 1) many.admitted(`other-${n}`, '{}')
    expect(many.journal(claimed())).toBeNull()
  })

  it('comes from the ledger for all others', async () => {
    const asked: string[] = []
    const ledger = {
      journal: async ({ runId }: { runId: string }) => {
        asked.push(runId)
        return []
      },
    }
    await journalOf({ ledger, newborns: known() }, claimed())
    expect(asked).toEqual([])
    await journalOf({ ledger }, claimed())
    expect(asked).toEqual(['r1'])
  })
})
