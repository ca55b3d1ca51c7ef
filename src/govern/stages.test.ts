import { describe, expect, it } from 'vitest'
import { noWay, outOfStage, type StageOption, stageAt, stageLimit, stagesOf } from './stages.js'

const known: Parameters<typeof stagesOf>[2] = {
  tools: ['find', 'pay'],
  meters: ['tool_calls', 'usd'],
  toSmallest: (_, n) => n,
}
const made = (options: Record<string, StageOption<string, string, string>>) => stagesOf('desk', options, known)
const stages = made({
  look: { allow: ['find'], next: ['pay'], ceilings: { tool_calls: 2, usd: '$0.5' as never } },
  pay: { about: 'Pays.', allow: ['pay'], next: ['rest', 'look'] },
  rest: { allow: [] },
})

describe('stages as they are written', () => {
  it('keep their order: the first is where a run begins', () => {
    expect([...stages.keys()]).toEqual(['look', 'pay', 'rest'])
    expect(stageAt(stages, null)).toMatchObject({ name: 'look', about: null, next: ['pay'] })
    expect(stageAt(stages, 'pay')).toMatchObject({ about: 'Pays.', ceilings: [] })
    expect(stageAt(stages, 'gone')).toBeNull()
  })

  it.each<[string, Record<string, StageOption<string, string, string>>, string]>([
    ['none at all', {}, 'name at least one'],
    ['a tool that is not there', { a: { allow: ['fund'] } }, "no tool 'fund'; its tools: find, pay"],
    ['a next stage that is not there', { a: { allow: [], next: ['b'] } }, "no other stage 'b'"],
    ['a way to itself', { a: { allow: [], next: ['a'] } }, "no other stage 'a'"],
    ['a stage that nothing leads to', { a: { allow: [] }, b: { allow: [] } }, "stages.b: no way leads there from 'a'"],
    ['a name that would change the order', { 1: { allow: [] } }, "'1' is no name"],
    ['a meter that nobody charges', { a: { allow: [], ceilings: { eur: 1 } as never } }, "charges the meter 'eur'"],
  ])('refuses %s', (_, options, why) => {
    expect(() => made(options)).toThrow(why)
  })
})

describe('what may be called', () => {
  it('is what the stage allows', () => {
    expect(outOfStage(stages, null, 'find')).toBeNull()
    expect(outOfStage(stages, 'pay', 'pay')).toBeNull()
    expect(outOfStage(null, null, 'pay')).toBeNull()
  })

  it('is refused with the rule, what is allowed here, and where it belongs', () => {
    expect(outOfStage(stages, null, 'pay')).toEqual({
      rule: 'stages.look',
      say: "pay is out of order in stage 'look'. Allowed here: find. It belongs to stage 'pay'. Nothing was done.",
    })
  })

  it('is nothing where a stage allows no tool, or is not there any more', () => {
    expect(outOfStage(stages, 'rest', 'find')?.say).toContain('No tool is allowed here.')
    expect(outOfStage(stages, 'gone', 'find')?.rule).toBe('stages.gone')
  })
})

describe('the way on', () => {
  const [look, pay, rest] = [...stages.values()]
  it('leads where `next` says', () => {
    expect([look && noWay(look, 'pay'), pay && noWay(pay, 'look')]).toEqual([null, null])
  })

  it.each([['rest'], [7], [undefined], ['look']])('and nowhere else: %s', (to) => {
    expect(look && noWay(look, to)).toMatchObject({
      rule: 'stages.look',
      say: expect.stringContaining('From here: pay.'),
    })
    expect(rest && noWay(rest, to)?.say).toContain('It is the last.')
  })
})

it('a ceiling of a stage begins where the stage does, that on a peak is what it is', () => {
  const [look, pay] = [...stages.values()]
  if (!look || !pay) throw new Error('two stages')
  expect([stageLimit(look, 'tool_calls', 7), stageLimit(look, 'usd', 0)]).toEqual([9, 500_000])
  expect(stageLimit(pay, 'tool_calls', 7)).toBeNull()
})
