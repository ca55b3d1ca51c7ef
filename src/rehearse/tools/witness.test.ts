import { expect, test } from 'vitest'
import { handMade } from '../surroundings.fixture.js'
import { actsDone, newWitness } from './witness.js'

const act = (tool: string) => ({ tool, key: null, input: null })

test('a witness keeps what it was told, in order', () => {
  const witness = newWitness()
  witness.record(act('a'))
  witness.record(act('b'))
  expect(witness.acts).toEqual([act('a'), act('b')])
})

test('what was done is what the world tells, with what it cannot know', () => {
  const s = handMade({ acts: () => [act('told')] })
  s.witness.record(act('seen'))
  expect(actsDone(s)).toEqual([act('told'), act('seen')])
  const plain = handMade({})
  plain.witness.record(act('seen'))
  expect(actsDone(plain)).toEqual([act('seen')])
})

test('an act that a fault brought about says so, in the same run alone where the run is known', () => {
  const s = handMade({ acts: () => [{ ...act('b'), input: { n: 1 } }] })
  const called = { tool: 'a', input: { n: 1 }, runId: 'r1' }
  s.witness.suspect(called, 'model_injected')
  s.witness.suspect({ ...called, tool: 'b' }, 'model_nonsense')
  s.witness.record({ ...called, key: 'k' })
  s.witness.record({ ...called, key: 'k', runId: 'r2' })
  s.witness.record({ ...called, key: 'k', input: { n: 2 } })
  expect(actsDone(s).map(({ blame }) => blame)).toEqual(['model_nonsense', 'model_injected', undefined, undefined])
})
