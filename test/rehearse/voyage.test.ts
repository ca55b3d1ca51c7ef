import { describe, expect, it } from 'vitest'
import type { Strike } from '../../src/rehearse/fault.js'
import { play } from '../../src/rehearse/play.js'
import { voyage } from './voyage.js'

const STORIES = voyage.options.stories.map(({ name }) => name)
const held = { ok: true, broken: [], violations: [] }

it.each(STORIES)('%s: holds on a calm night, and under every fault, seed by seed', async (story) => {
  const calm = await play(voyage, { story, seed: 1, strikes: [] })
  expect(calm).toMatchObject(held)
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { ok, broken, violations } = await play(voyage, { story, seed, strikes: null })
    expect({ seed, ok, broken, violations }).toEqual({ seed, ...held })
  }
})

describe('a run that is refused after it acted', () => {
  const struck = (strike: Strike, story = 'is refused') => play(voyage, { story, seed: 1, strikes: [strike] })

  it.each<Strike>([
    { fault: 'tool_permanent', place: 'tool:hotel.undo#1' },
    { fault: 'tool_cut', place: 'tool:hotel.undo#1' },
    { fault: 'tool_timeout_after', place: 'tool:flight.undo#1' },
    { fault: 'tool_timeout_before', place: 'tool:flight.undo#1' },
    { fault: 'check_unknown', place: 'check:flight#1' },
    { fault: 'crash', place: 'point:after_effect#8' },
    { fault: 'stall', place: 'point:after_begin#8' },
    { fault: 'answer_lost', place: 'answer:apply:note#4' },
  ])('is wound down all the same after $fault at $place', async (strike) => {
    expect(await struck(strike)).toMatchObject(held)
  })

  it('asks a person about an undo that fails for good, and goes on when told to', async () => {
    const strike = { fault: 'tool_permanent', place: 'tool:flight.undo#1' } as const
    const verdict = await struck(strike)
    expect(verdict).toMatchObject({ ...held, bitten: [strike] })
    expect(verdict.visits['person:question']).toBe(1)
    expect(verdict.visits['tool:flight.undo']).toBe(2)
  })

  it('a tool that says 200 and does nothing ends with a person where it is read back', async () => {
    const strike = { fault: 'tool_noop', place: 'tool:flight#1' } as const
    const verdict = await struck(strike)
    expect(verdict).toMatchObject({ ...held, bitten: [strike] })
    expect(verdict.visits['person:doubt']).toBe(1)
  })
})

describe('a payment that two people must allow', () => {
  it.each<Strike>([
    { fault: 'person_alone', place: 'person:approval#1' },
    { fault: 'person_requester', place: 'person:approval#1' },
    { fault: 'person_changed', place: 'person:approval#1' },
    { fault: 'person_never', place: 'person:approval#1' },
    { fault: 'person_twice', place: 'person:approval#1' },
  ])('is made by the word of both, or not: $fault', async (strike) => {
    const verdict = await play(voyage, { story: 'all is well', seed: 1, strikes: [strike] })
    expect(verdict).toMatchObject({ ...held, bitten: [strike] })
  })
})
