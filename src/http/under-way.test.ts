import { expect, it } from 'vitest'
import { Problem } from './problem.js'
import { UnderWay } from './under-way.js'

const codeOf = (place: unknown) => (place instanceof Problem ? place.code : 'let in')

it('so many requests are let in at once, and the next when one is done, which counts once', () => {
  const crowd = new UnderWay({ requestsAtOnce: 2, streamsAtOnce: 0 })
  const [one, two] = [crowd.request(), crowd.request()]
  expect([one, two, crowd.request()].map(codeOf)).toEqual(['let in', 'let in', 'overloaded'])
  if (!(one instanceof Problem)) [one.leave(), one.leave()]
  expect([crowd.request(), crowd.request()].map(codeOf)).toEqual(['let in', 'overloaded'])
  expect(codeOf(crowd.stream(() => undefined))).toBe('overloaded')
})

it('streams are counted apart, and all of them are ended together', () => {
  const crowd = new UnderWay({ requestsAtOnce: 0, streamsAtOnce: 2 })
  let ended = 0
  const end = () => {
    ended += 1
  }
  const [left] = [crowd.stream(end), crowd.stream(end)]
  expect(codeOf(crowd.stream(end))).toBe('overloaded')
  if (!(left instanceof Problem)) left.leave()
  expect(codeOf(crowd.stream(end))).toBe('let in')
  crowd.end()
  expect(ended).toBe(2)
})
