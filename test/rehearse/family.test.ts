import { describe, expect, it } from 'vitest'
import type { Ledger } from '../../src/core/ledger.js'
import { ledgerOf } from '../../src/ledger/memory/ledger.js'
import type { FaultName, Strike } from '../../src/rehearse/fault.js'
import { play } from '../../src/rehearse/play.js'
import { family } from './family.js'

const STORIES = family.options.stories.map(({ name }) => name)
const held = { ok: true, broken: [], violations: [] }

it.each(STORIES)('%s: holds under every fault, seed by seed', async (story) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { ok, broken, violations } = await play(family, { story, seed, strikes: null })
    expect({ seed, ok, broken, violations }).toEqual({ seed, ...held })
  }
})

/** Places that only runs with children, groups and successors come to, each with what can strike it. */
const SPAWNING: readonly (readonly [story: string, place: Strike['place'], faults: readonly FaultName[]])[] = [
  ['calls', 'call:admit#1', ['crash', 'stall', 'ledger_away', 'commit_delayed']],
  ['calls', 'answer:admit#2', ['crash', 'answer_lost']],
  ['maps', 'call:admitAll#1', ['crash', 'commit_delayed']],
  ['maps', 'answer:admitAll#1', ['crash', 'answer_lost']],
  ['maps', 'call:sealGroup#1', ['crash', 'commit_delayed']],
  ['maps', 'answer:sealGroup#1', ['crash', 'answer_lost']],
  ['stages', 'call:apply:settle+end#1', ['crash', 'commit_delayed']],
  ['over-stages', 'answer:apply:end#1', ['crash', 'answer_lost']],
  ['races', 'call:engage#1', ['crash', 'commit_delayed']],
]
const spawning = SPAWNING.flatMap(([story, place, faults]) =>
  faults.map((fault) => [story, { fault, place } as Strike] as const),
)

it.each(spawning)('%s: survives $fault at $place', async (story, strike) => {
  const { struck, runs, ...verdict } = await play(family, { story, seed: 1, strikes: [strike] })
  expect(struck).toEqual([strike])
  expect(verdict).toMatchObject(held)
  expect(runs.find(({ agent }) => agent === story)?.status).toBe('completed')
})

describe('what is wrong with children is seen', () => {
  const built = (story: string, change: (inner: Ledger) => Partial<Ledger>) => {
    const ledger = (store: Parameters<typeof ledgerOf>[0]) => {
      const inner = ledgerOf(store)
      return { ...inner, ...change(inner) }
    }
    return play(family, { story, seed: 1, strikes: [] }, { build: { ledger } })
  }

  it('a row of a map that is lost at its admission', async () => {
    const verdict = await built('maps', (inner) => ({
      admitAll: async (all) => {
        const admitted = await inner.admitAll(all.slice(0, -1))
        return [...admitted, { code: 'ok', runId: all.at(-1)?.runId ?? '' }]
      },
    }))
    expect(verdict.broken).toEqual(['On a calm night maps ended exhausted.'])
  })

  it('a child that is admitted as another than its parent knows', async () => {
    const verdict = await built('calls', (inner) => ({
      admit: (p) => inner.admit(p.parent ? { ...p, runId: `${p.runId}-b` } : p),
    }))
    expect(verdict.broken).toEqual(['On a calm night calls ended exhausted.'])
  })

  it('and a child that is admitted twice, once under no key, finds what its twin did done', async () => {
    const verdict = await built('calls', (inner) => ({
      admit: async (p) => {
        if (p.parent) await inner.admit({ ...p, key: null, runId: `${p.runId}-b` })
        return inner.admit(p)
      },
    }))
    expect(verdict).toMatchObject({ ...held, acts: 3 })
    expect(verdict.runs.length).toBeGreaterThan(4)
  })
})
