import { describe, expect, it } from 'vitest'
import { ERROR_CODES, MidwatchError } from '../src/core/errors.js'
import { assertedCodes, thrownCodes } from './error-codes.js'
import { isProduct, isTest, readSources } from './sources.js'

const PAGE_LINES = 15
const catalogue = Object.entries(ERROR_CODES)
const codes = catalogue.map(([code]) => code)
const pages = readSources('docs/errors', (path) => path.endsWith('.md'))
const codeOf = (path: string) => path.replace(/^.*\/|\.md$/g, '')
const without = (set: ReadonlySet<string>) => codes.filter((code) => !set.has(code))

describe('the catalogue of errors is complete', () => {
  it('every code has a page, and every page a code', () => {
    expect(pages.map(({ path }) => codeOf(path))).toEqual([...codes].sort())
  })

  it.each(catalogue)(
    'the page of %s says what happened, why, what to do, and whether to try again',
    (code, { retryable }) => {
      const text = pages.find(({ path }) => codeOf(path) === code)?.text ?? ''
      expect(text.split('\n')[0]).toBe(`# \`${code}\``)
      for (const part of ['**What happened.** ', '**Why.** ', '**What to do.** ']) expect(text).toContain(part)
      expect(text).toContain(`**Retryable:** ${retryable ? 'yes' : 'no'}.`)
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(PAGE_LINES)
    },
  )

  it('every code is thrown somewhere', () => {
    expect(without(thrownCodes(readSources('src', isProduct))), 'codes that nothing throws').toEqual([])
  })

  it('every code is asserted by a test', () => {
    const elsewhere = (path: string) => isTest(path) && path !== 'test/errors.test.ts'
    const tests = ['src', 'test', 'examples'].flatMap((folder) => readSources(folder, elsewhere))
    expect(without(assertedCodes(tests)), 'codes that no test asserts').toEqual([])
  })

  it('an error carries its code, its cause and whether to try again', () => {
    const cause = new Error('connection reset')
    const error = new MidwatchError('ledger_away', 'The ledger is away.', { cause })
    expect(error).toMatchObject({ name: 'MidwatchError', code: 'ledger_away', retryable: true, cause })
  })
})

describe('the readers of code can tell', () => {
  const thrown = (text: string) => [...thrownCodes([{ path: 'a.ts', text }])]
  const asserted = (text: string) => [...assertedCodes([{ path: 'a.test.ts', text }])]

  it.each([
    ["throw new MidwatchError('one', 'why')", ['one']],
    ["throw new MidwatchError(full ? 'one' : 'two', 'why')", ['one', 'two']],
    ["const code = away ? 'one' : 'two'\nthrow new MidwatchError(code, 'why')", ['one', 'two']],
    ["const by: Record<string, ErrorCode> = { P0001: 'one' }", ['one']],
    ["function away(code: ErrorCode) {}\naway('one')", ['one']],
    ["throw new Error('one')", []],
    ["const usage = 'one'", []],
  ])('what %s throws', (text, expected) => {
    expect(thrown(text)).toEqual(expected)
  })

  it.each([
    ["expect(() => a()).toThrow(expect.objectContaining({ code: 'one' }))", ['one']],
    ["expect(error.code).toBe('one')", ['one']],
    ["it.each([['10 sec', 'one']])('%s', () => {})", ['10 sec', 'one']],
    ["it('one', () => { run('one') })", []],
    ["const usage = 'one'", []],
  ])('what %s asserts', (text, expected) => {
    expect(asserted(text)).toEqual(expected)
  })
})
