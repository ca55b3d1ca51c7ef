import { describe, expect, it } from 'vitest'
import { classOf } from './effects.js'

const READS = { readOnlyHint: true }

describe('the class of a tool', () => {
  it.each([
    ['nothing', {}, 'once', 'default'],
    ['that it is idempotent', { idempotentHint: true }, 'once', 'default'],
    ['that it destroys nothing', { destructiveHint: false }, 'once', 'default'],
    ['that it only reads', READS, 'read', 'hint'],
    ['that it only reads, and destroys', { ...READS, destructiveHint: true }, 'once', 'default'],
    ['something that is no hint', { readOnlyHint: 'true' }, 'once', 'default'],
  ])('whose server says %s', (_, annotations, effect, by) => {
    expect(classOf(undefined, annotations, 'cautious')).toMatchObject({ effect, by })
  })

  it('that comes from a hint is never sent twice by itself, unless hints are trusted', () => {
    expect(classOf(undefined, READS, 'cautious').attempts).toBe(1)
    expect(classOf(undefined, READS, 'trusted').attempts).toBeUndefined()
    expect(classOf('read', {}, 'cautious').attempts).toBeUndefined()
  })

  it('is what the config says, whatever its server does', () => {
    expect(classOf('once', READS, 'trusted')).toEqual({ effect: 'once', by: 'you' })
    expect(classOf({ effect: 'keyed', lane: 'a' }, READS, 'trusted')).toEqual({ effect: 'keyed', lane: 'a', by: 'you' })
  })

  it('may be left to the hints where the config says something else of it', () => {
    expect(classOf({ timeout: '5s' }, READS, 'cautious')).toEqual({
      ...{ timeout: '5s', effect: 'read', by: 'hint', attempts: 1 },
    })
  })
})
