import { describe, expect, it } from 'vitest'
import { readOptions, SECTIONS, USAGE } from './options.js'

const read = (...args: string[]) => readOptions(args)

describe('the options of the bench', () => {
  it('run everything, thrice, where nothing is said', () => {
    expect(read()).toMatchObject({
      only: [],
      rounds: 3,
      windowMs: 2_000,
      crashes: 10,
      readme: false,
      json: null,
      from: null,
    })
  })

  it('are short on request, and single figures can be set all the same', () => {
    expect(read('--quick', '--crashes', '4')).toMatchObject({ rounds: 1, windowMs: 500, crashes: 4 })
  })

  it('name sections, those with peers among them', () => {
    expect(read('--only', 'floor,growth')?.only).toEqual(['floor', 'growth'])
    expect(read('--peers')?.only).toEqual(['peers', 'long-runs', 'crashes'])
    expect(read('--peers', '--only', 'floor')?.only).toContain('floor')
  })

  it('refuse what means nothing', () => {
    expect(() => read('--only', 'floors')).toThrow("'floors' is no section")
    expect(() => read('--rounds', '0')).toThrow("'0' is no whole number")
    expect(() => read('--crashes', 'many')).toThrow("'many' is no whole number")
    expect(() => read('--fast')).toThrow('--fast')
  })

  it('tell how they are used, with every section', () => {
    expect(read('--help')).toBeNull()
    for (const section of SECTIONS) expect(USAGE).toContain(section)
  })
})
