import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { Store } from '../src/ledger/memory/store.js'
import { sideOf } from './ledger-model/pair.js'
import { SESSION_DAWN_MS } from './ledger-model/session-night.js'
import { workedAlike } from './ledger-model/session-play.js'
import { brokenSessions, SESSION_SABOTAGES } from './ledger-model/session-sabotage.js'

async function inMemory(name: string, make: (clock: { now(): number }) => Ledger = (clock) => memoryLedger({ clock })) {
  let now = SESSION_DAWN_MS
  return sideOf(name, make({ now: () => now }), async (ms) => {
    now = ms
  })
}

/** What a night is there for: each must have been answered at least once. */
const ANSWERS = [
  ...['ok', 'existing', 'conflict', 'busy', 'closed', 'sequenced', 'unsequenced', 'sequence_taken', 'sequence_passed'],
].map((code) => `send ${code}`)
const OTHERS = [
  'note ok',
  'note not_open',
  'note switched',
  'end ok',
  'gaps 1',
  'close ok',
  'close unchanged',
  'prune 1',
]

describe('sessions', () => {
  it('work every accepted message once and in order, whatever comes between', { timeout: 120_000 }, async () => {
    const codes = new Set<string>()
    const stage = async () => ({ one: await inMemory('memory'), other: await inMemory('twin'), mark: 'm' })
    const property = workedAlike(stage, (night) => {
      for (const code of night.codes) codes.add(code)
    })
    await fc.assert(property, { numRuns: 60, seed: 7 })
    expect([...ANSWERS, ...OTHERS].filter((code) => !codes.has(code))).toEqual([])
  })

  const nights = { numRuns: 300, seed: 7, endOnFailure: true } as const

  it.each(SESSION_SABOTAGES)('broken are found beside sound ones: $name', { timeout: 60_000 }, async ({ of }) => {
    const broken = (clock: { now(): number }) => brokenSessions(of, new Store({ clock }))
    const stage = async () => ({ one: await inMemory('memory'), other: await inMemory('broken', broken), mark: 'm' })
    const found = await fc.check(workedAlike(stage), nights)
    expect(String(found.errorInstance)).toContain('The ledgers differ')
  })

  it.each(SESSION_SABOTAGES.filter(({ shows }) => shows))(
    'broken are found by their own content: $name',
    { timeout: 60_000 },
    async ({ of }) => {
      const broken = (clock: { now(): number }) => brokenSessions(of, new Store({ clock }))
      const stage = async () => ({
        ...{ one: await inMemory('broken', broken), other: await inMemory('as broken', broken) },
        mark: 'm',
      })
      const found = await fc.check(workedAlike(stage), nights)
      expect(String(found.errorInstance)).toMatch(/broke a promise|Not ended/)
    },
  )
})
