import { describe, expect, it } from 'vitest'
import { table } from '../core/text-table.js'
import { amount, brief, chainText, fromNow, many, shortId, span } from './words.js'

describe('words for people', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [59_499, '59s'],
    [59_500, '1m'],
    [3_599_000, '1h'],
    [14_400_000, '4h'],
    [86_300_000, '1d'],
    [172_800_000, '2d'],
  ])('%i ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text)
  })

  it('says when, seen from now', () => {
    expect([fromNow(5_000, 0), fromNow(0, 5_000), fromNow(0, 0)]).toEqual(['in 5s', '5s ago', '0ms ago'])
  })

  it('writes money as money, time as time, and counts as counts', () => {
    expect(amount('usd', 450)).toBe('$0.00045')
    expect(amount('refund_usd', 12_000_000)).toBe('$12.00')
    expect(amount('active', 120_000)).toBe('2m')
    expect(amount('steps', 7)).toBe('7')
  })

  it('knows one from many', () => {
    expect([many(1, 'call'), many(2, 'call'), many(1, 'entry'), many(0, 'entry'), many(3, 'day')]).toEqual([
      ...['1 call', '2 calls', '1 entry', '0 entries', '3 days'],
    ])
  })

  it('shortens to one line', () => {
    expect(brief({ a: 'x'.repeat(300) }, 20)).toBe(`{"a":"${'x'.repeat(13)}…`)
    expect(brief('two\nlines')).toBe('two lines')
    expect(shortId('01a209c2-c661-7738-9130-975f332d9b3a')).toBe('975f332d9b3a')
    expect(shortId('run-1')).toBe('run-1')
  })

  it('tells a chain as it is climbed', () => {
    expect(
      chainText([
        { to: 'finance', withinMs: 5_000 },
        { to: 'manager', withinMs: 60_000, otherwise: 'hand_over' },
      ]),
    ).toBe('finance within 5s, then manager within 1m, else hand over')
    expect(chainText(undefined)).toBe('somebody')
  })

  it('aligns columns: numbers to the right, dashes for nothing', () => {
    expect(
      table(
        ['what', 'n', 'cost'],
        [
          ['a', '5', '$1.50'],
          ['long', '12', ''],
        ],
      ),
    ).toBe(['what   n   cost', 'a      5  $1.50', 'long  12      -'].join('\n'))
  })
})
