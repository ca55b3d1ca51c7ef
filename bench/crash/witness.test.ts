import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { crashOf, type Seen, Witness } from './witness.js'

const seen = (step: number, at: number, key: string | null = null): Seen => ({ run: 'a', step, key, at })

describe('what became of a run that was killed within a step', () => {
  it('its effect was run again: done twice', () => {
    expect(crashOf([seen(0, 10), seen(1, 20), seen(1, 500), seen(2, 510)], 'a', 1)).toEqual({
      again: 1,
      duplicates: 1,
      firstMs: 480,
    })
  })

  it('it was read back: nothing twice, and the next step is the first effect', () => {
    expect(crashOf([seen(1, 20), seen(2, 90)], 'a', 1)).toEqual({ again: 0, duplicates: 0, firstMs: 70 })
  })

  it('it was sent again under the same key, which the world has seen: no duplicate', () => {
    expect(crashOf([seen(1, 20, 'k'), seen(1, 90, 'k')], 'a', 1)).toMatchObject({ again: 1, duplicates: 0 })
    expect(crashOf([seen(1, 20, 'k'), seen(1, 90, 'other')], 'a', 1)).toMatchObject({ again: 1, duplicates: 1 })
  })

  it('nothing came after it', () => {
    expect(crashOf([seen(0, 10), seen(1, 20)], 'a', 1)).toEqual({ again: 0, duplicates: 0, firstMs: null })
  })

  it('other runs are none of its business, and a run that never came there is no result', () => {
    const other: Seen = { run: 'b', step: 1, key: null, at: 30 }
    expect(crashOf([seen(1, 20), other], 'a', 1)).toMatchObject({ again: 0, firstMs: null })
    expect(() => crashOf([seen(0, 10)], 'a', 1)).toThrow('never came to step 1')
  })
})

describe('a witness', () => {
  it('gives back what was written, whoever wrote it', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'midwatch-witness-')), 'witness.tsv')
    expect(new Witness(file).read()).toEqual([])
    for (const one of [seen(0, 10), seen(1, 20, 'k')]) new Witness(file).write(one)
    expect(new Witness(file).read()).toEqual([seen(0, 10), seen(1, 20, 'k')])
  })
})
