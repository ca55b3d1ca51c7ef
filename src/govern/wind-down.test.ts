import { describe, expect, it } from 'vitest'
import { type WindDown, type WindDownByEnd, windDownOf } from './wind-down.js'

describe('what becomes of effects when a run does not complete', () => {
  it.each([undefined, 'leave', { failed: 'leave' }] as const)('they stand: %j', (option) => {
    expect(windDownOf('desk', option)).toBeNull()
  })

  it('one word is for every end but a kill, under which nothing can be taken back', () => {
    expect(windDownOf('desk', 'undo')).toEqual({
      byEnd: { refused: 'undo', handed_over: 'undo', exhausted: 'undo', failed: 'undo', killed: 'leave' },
      to: 'operator',
      withinMs: 18_000_000,
    })
  })

  it('each end may have its own, with who is asked and for how long', () => {
    const option: WindDownByEnd = {
      otherwise: 'undo',
      handed_over: 'leave',
      killed: 'escalate',
      to: 'ops',
      within: '2h',
    }
    expect(windDownOf('desk', option)).toEqual({
      byEnd: { refused: 'undo', handed_over: 'leave', exhausted: 'undo', failed: 'undo', killed: 'escalate' },
      to: 'ops',
      withinMs: 7_200_000,
    })
  })

  it.each([
    ['perhaps', "'desk': windDown.refused is leave, undo or escalate."],
    [{ killed: 'undo' }, "'desk': windDown.killed is leave or escalate: a kill stops an undo, too."],
    [{ crashed: 'undo' }, "'desk': windDown.crashed is leave, undo or escalate."],
  ])('what is no policy is refused at definition: %j', (option, message) => {
    const wrong = () => windDownOf('desk', option as WindDown)
    expect(wrong).toThrow(expect.objectContaining({ code: 'invalid_definition', message }))
  })
})
