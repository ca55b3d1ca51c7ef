import { describe, expect, it } from 'vitest'
import type { Ledger } from '../../src/core/ledger.js'
import { ledgerOf } from '../../src/ledger/memory/ledger.js'
import type { Strike } from '../../src/rehearse/fault.js'
import { play } from '../../src/rehearse/play.js'
import { quay } from './quay.js'

const STORIES = quay.options.stories.map(({ name }) => name)
const held = { ok: true, broken: [], violations: [] }

it.each(STORIES)('%s: holds under every fault, seed by seed', async (story) => {
  for (const seed of [1, 2, 3, 4]) {
    const { ok, broken, violations } = await play(quay, { story, seed, strikes: null })
    expect({ seed, ok, broken, violations }).toEqual({ seed, ...held })
  }
})

it.each<Strike>([
  { fault: 'stall', place: 'call:mail#4' },
  { fault: 'crash', place: 'call:mail#4' },
  { fault: 'crash', place: 'answer:apply:note#2' },
  { fault: 'answer_lost', place: 'answer:apply:note#2' },
])('a run that took messages in goes on where it was after $fault at $place', async (strike) => {
  const { struck, runs, ...verdict } = await play(quay, { story: 'told more', seed: 10, strikes: [strike] })
  expect(struck).toEqual([strike])
  expect(verdict).toMatchObject(held)
  expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'completed'))
})

describe('what is wrong with sessions is seen', () => {
  const built = (story: string, change: (inner: Ledger) => Partial<Ledger>) => {
    const ledger = (store: Parameters<typeof ledgerOf>[0]) => {
      const inner = ledgerOf(store)
      return { ...inner, ...change(inner) }
    }
    return play(quay, { story, seed: 1, strikes: [] }, { build: { ledger } })
  }

  it('numbers that are never given up', async () => {
    const { broken } = await built('with a gap', () => ({ passGaps: async () => 0 }))
    expect(broken).toEqual(['Of 3 messages 2 were worked.'])
  })

  it('a state that is not kept', async () => {
    const { broken } = await built('queue', (inner) => ({
      session: async (p) => {
        const row = await inner.session(p)
        return row === null ? null : { ...row, state: null }
      },
    }))
    expect(broken.join()).toContain('The list went from a to b.')
  })
})
