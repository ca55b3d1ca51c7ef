import { describe, expect, it } from 'vitest'
import { table } from '../core/text-table.js'
import { amount, brief, chainText, exactSpan, fromNow, many, shortId, span } from './words.js'

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

  it.each([
    [0, '0ms'],
    [999.6, '1s'],
    [61_030, '1m1.03s'],
    [90_000, '1m30s'],
    [120_000, '2m'],
    [86_300_001, '23h58m20.001s'],
    [90_000_000, '1d1h'],
  ])('%f ms is %s to the millisecond', (ms, text) => {
    expect(exactSpan(ms)).toBe(text)
  })

  it('says when, seen from now', () => {
    expect([fromNow(5_000, 0), fromNow(0, 5_000), fromNow(0, 0)]).toEqual(['in 5s', '5s ago', '0ms ago'])
  })

  it('writes money as money, time as time, and counts as counts', () => {
    expect(amount('usd', 450)).toBe('$0.00045')
    expect(amount('refund_usd', 12_000_000)).toBe('$12.00')
    // Sixty seconds more of two minutes: what is rounded would seem to fit.
    expect([61_030, 60_000, 120_000].map((ms) => amount('active', ms))).toEqual(['1m1.03s', '1m', '2m'])
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
          ['a', '5', '1m1.03s'],
          ['long', '12', ''],
          ['b', '3', '2m'],
        ],
      ),
    ).toBe(['what   n     cost', 'a      5  1m1.03s', 'long  12        -', 'b      3       2m'].join('\n'))
  })
})
