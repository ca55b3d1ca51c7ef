import { expect, it } from 'vitest'
import type { Ledger } from '../core/ledger.js'
import { ledgerOf } from '../ledger/memory/ledger.js'
import { scenario } from './define.js'
import type { Strike } from './fault.js'
import { night } from './harbour.fixture.js'
import { play } from './play.js'

/** A sabotaged ledger, which forgets the bounds that it is given. */
const withoutBounds = (ledger: Ledger): Ledger => ({
  ...ledger,
  queues: { ...ledger.queues, setBound: async () => undefined },
})

const harbour = scenario(night)
const STORY = 'both'
const FLOOD: Strike = { fault: 'message_flood', place: 'message:0#1' }

it('a flood is turned away, and the work of others ends', async () => {
  let shed = 0
  for (let seed = 1; seed <= 6; seed += 1) {
    const { ok, violations, broken, bitten, stuck, runs } = await play(harbour, {
      story: STORY,
      seed,
      strikes: [FLOOD],
    })
    expect({ seed, ok, violations, broken, stuck }).toEqual({ seed, ok: true, violations: [], broken: [], stuck: 0 })
    expect(bitten).toEqual([FLOOD])
    const flooded = runs.filter(({ agent }) => agent === 'rehearsal-flood')
    expect(flooded.length).toBeGreaterThan(3)
    // Some were shed for what is more urgent, all others were worked.
    const gave = flooded.filter(({ status }) => status === 'refused').length
    expect(flooded.filter(({ status }) => status === 'completed')).toHaveLength(flooded.length - gave)
    shed += gave
  }
  expect(shed).toBeGreaterThan(0)
})

it('a flood beside crashes and lost answers leaves everything whole, the same way each time', async () => {
  const rates = { message_flood: 0.6, crash: 0.02, answer_lost: 0.02 }
  const once = await play(harbour, { story: STORY, seed: 7, strikes: null, rates })
  const again = await play(harbour, { story: STORY, seed: 7, strikes: null, rates })
  expect([once.ok, once.broken, once.violations]).toEqual([true, [], []])
  expect(again.digest).toBe(once.digest)
})

it('without bounds a flood does not bite', async () => {
  const unbounded = await play(
    harbour,
    { story: STORY, seed: 1, strikes: [FLOOD] },
    { build: { ledger: (store) => withoutBounds(ledgerOf(store)) } },
  )
  expect([unbounded.struck, unbounded.bitten]).toEqual([[FLOOD], []])
})
