import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { tool } from '../../tools/tool.js'
import type { StandIn } from '../scenario.js'
import { callFor, handMade } from '../surroundings.fixture.js'
import { answers, recorded, remembers } from './stand-ins.js'

const { spec } = tool({
  name: 'pay',
  description: '',
  input: z.looseObject({}),
  effect: 'checked',
  check: async () => ({ did: 'unknown' }),
  execute: async () => 1,
})
const s = handMade({})
const call = (key: string, attempt = 1) => callFor(spec, s, { key, attempt })
const execute = (standIn: StandIn, input: unknown, key: string, attempt = 1) =>
  standIn.execute(input as never, call(key, attempt), spec)

test('answers gives a value, or what a function makes of the input', async () => {
  expect(await execute(answers({ a: 1 }), {}, 'k')).toEqual({ a: 1 })
  expect(
    await execute(
      answers(({ n }: { n: number }) => n + 1),
      { n: 1 },
      'k',
    ),
  ).toBe(2)
})

describe('a stand-in that remembers', () => {
  test('acts once under a key, also for two at once, and says whether it will', async () => {
    let acted = 0
    const standIn = remembers(() => {
      acted += 1
      return `act ${acted}`
    })
    expect(standIn.acts?.({} as never, call('k'))).toBe(true)
    expect(await Promise.all([execute(standIn, {}, 'k'), execute(standIn, {}, 'k')])).toEqual(['act 1', 'act 1'])
    expect(standIn.acts?.({} as never, call('k'))).toBe(false)
    expect(await execute(standIn, {}, 'other')).toBe('act 2')
  })

  test('its check tells the truth', async () => {
    const standIn = remembers(() => 'done')
    expect(await standIn.check?.({} as never, call('k'))).toEqual({ did: 'not_happen' })
    await execute(standIn, {}, 'k')
    expect(await standIn.check?.({} as never, call('k'))).toEqual({ did: 'happen', result: 'done' })
  })

  test('what throws has not acted', async () => {
    let times = 0
    const standIn = remembers(() => {
      times += 1
      if (times === 1) throw new Error('declined')
      return 'done'
    })
    await expect(execute(standIn, {}, 'k')).rejects.toThrow('declined')
    expect(await standIn.check?.({} as never, call('k'))).toEqual({ did: 'not_happen' })
    expect(await execute(standIn, {}, 'k')).toBe('done')
  })
})

describe('recorded results', () => {
  const calls = [
    { input: { id: 1, a: 'x' }, result: 'first' },
    { input: { a: 'x', id: 1 }, result: 'second' },
    { input: { id: 2 }, result: new Error('broken') },
  ]

  test('come by arguments and in order, the last one ever after', async () => {
    const standIn = recorded(calls)
    const heard = []
    for (const key of ['a', 'b', 'c']) heard.push(await execute(standIn, { id: 1, a: 'x' }, key))
    expect(heard).toEqual(['first', 'second', 'second'])
    await expect(execute(standIn, { id: 2 }, 'd')).rejects.toThrow('broken')
  })

  test('another attempt at the same call gets the same', async () => {
    const writes = recorded(calls)
    for (const key of ['a', 'a']) expect(await execute(writes, { id: 1, a: 'x' }, key)).toBe('first')
    const reads = recorded(calls)
    expect(await execute(reads, { id: 1, a: 'x' }, '')).toBe('first')
    expect(await execute(reads, { id: 1, a: 'x' }, '', 2)).toBe('first')
    expect(await execute(reads, { id: 1, a: 'x' }, '')).toBe('second')
  })

  test('what was never recorded is refused for good', async () => {
    await expect(execute(recorded(calls), { id: 3 }, 'k')).rejects.toMatchObject({
      kind: 'permanent',
      code: 'not_recorded',
    })
  })
})
