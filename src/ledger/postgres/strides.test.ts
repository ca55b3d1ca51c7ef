import { describe, expect, it } from 'vitest'
import type { Op } from '../../core/ops.js'
import type { RunRow } from '../../core/run-row.js'
import { effect, Hand } from '../../testing/conformance/hand.js'
import { batchOf } from './strides.js'

const handOf = (runId: string) => new Hand({} as never, { runId, fence: 7, headSeq: 3 } as RunRow)
const [a, b] = [handOf('a'), handOf('b')]
const behind = <O extends Op>(op: O): O => ({ ...op, seq: op.seq + 1 })

/** The runs of the strides of a batch and where they lie in it, and the kinds of the ops that are left. */
function split(...ops: Op[]) {
  const [heads, , places, runs] = batchOf(ops)
  const { ops: alone } = JSON.parse(String(heads))
  return { runs: String(runs).split('\x1e').slice(1), places, alone: alone.map((op: Op) => op.kind) }
}

describe('a stride', () => {
  it('is a begin, a settle, or a settle with the begin that follows it', () => {
    expect(split(a.begin())).toEqual({ runs: ['a'], places: '{1}', alone: [] })
    expect(split(a.settle(3))).toEqual({ runs: ['a'], places: '{1}', alone: [] })
    expect(split(a.settle(3), behind(a.begin()), b.begin())).toEqual({ runs: ['a', 'b'], places: '{1,3}', alone: [] })
  })

  it('is a begin that names a breaker, too: most are closed', () => {
    expect(split(a.settle(3), behind(a.begin({ breaker: 'tool:shop' }))).runs).toEqual(['a'])
  })

  it('has nothing else of its run in the batch', () => {
    expect(split(a.begin(), a.begin()).runs).toEqual([])
    expect(split(a.settle(3), b.begin(), behind(a.begin())).runs).toEqual(['b'])
    expect(split(a.settle(3), behind(a.begin()), a.note()).alone).toEqual(['settle', 'begin', 'note'])
  })

  it.each([
    ['a begin under another fence than its settle', behind(a.begin({ fence: 8 }))],
    ['a begin that does not follow its settle', a.begin()],
    ['a begin with locks', behind(a.begin({ locks: ['order:1'] }))],
    ['a begin that sends a doubt again', behind(a.begin({ supersedes: 2 }))],
    ['a begin that saw its key', behind(a.begin({ effect: effect('k', { saw: { attempt: 1, evidence: 0 } }) }))],
    ['a begin that undoes another', behind(a.begin({ effect: effect('k', { undoes: { tool: 'tool', key: 'l' } }) }))],
  ])('is not %s', (_, begin) => {
    expect(split(a.settle(3), begin)).toMatchObject({ runs: [], alone: ['settle', 'begin'] })
  })

  it.each(['\x1e', '\x1d'])('has no text with %j in it, which parts texts from each other', (mark) => {
    expect(split(a.begin({ step: `tool:x${mark}` })).alone).toEqual(['begin'])
    expect(split(a.begin({ body: `"${mark}"` })).alone).toEqual(['begin'])
    expect(split(a.settle(3, { body: `"${mark}"` })).alone).toEqual(['settle'])
    expect(split(a.settle(3), behind(a.begin({ effect: effect(`k${mark}`) }))).alone).toEqual(['settle', 'begin'])
    expect(split(handOf(`a${mark}`).begin()).alone).toEqual(['begin'])
  })

  it('is no settle that saw its key: it may resolve a doubt', () => {
    expect(split(a.settle(3, { saw: { attempt: 1, evidence: 0 } })).alone).toEqual(['settle'])
  })
})
