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
