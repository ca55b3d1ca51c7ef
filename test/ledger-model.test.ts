import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { ANSWER_CODES } from '../src/core/ops.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { Store } from '../src/ledger/memory/store.js'
import { Scene } from '../src/testing/conformance/scene.js'
import { LEDGER_CHAPTERS } from '../src/testing/ledger-conformance.js'
import { breakerCommands, treeCommands } from './ledger-model/commands.js'
import { compareAll, keepsPromises } from './ledger-model/morning.js'
import { DAWN_MS, type Night } from './ledger-model/night.js'
import { sideOf } from './ledger-model/pair.js'
import { answeredAlike } from './ledger-model/play.js'
import { SABOTAGES } from './ledger-model/sabotage.js'

/** A ledger in memory whose clock is set by hand. */
function inMemory(name: string, make: (clock: { now(): number }) => Ledger) {
  let now = DAWN_MS
  const clock = { now: () => now }
  return sideOf(name, make(clock), async (ms) => {
    now = ms
  })
}

describe('two memory ledgers', () => {
  it('answer alike, keep their promises, and gave every answer there is', async () => {
    const codes = new Set<string>()
    const stage = async () => ({
      one: await inMemory('memory', (clock) => memoryLedger({ clock })),
      other: await inMemory('twin', (clock) => memoryLedger({ clock })),
      mark: 'm',
    })
    const property = answeredAlike(stage, async (night) => {
      for (const code of night.codes) codes.add(code)
      await keepsPromises(night)
      await compareAll(night)
    })
    await fc.assert(property, { numRuns: 120, seed: 8 })
    const unseen = ANSWER_CODES.filter((code) => !codes.has(code))
    expect(unseen).toEqual(['breaker_open', 'poison'])
    const said = ['missing', 'requester', 'same_person'].filter((code) => !codes.has(`answer ${code}`))
    expect(said).toEqual([])
  })
})

describe('trees of runs', () => {
  it('are answered alike, and keep their promises', { timeout: 60_000 }, async () => {
    const codes = new Set<string>()
    const stage = async () => ({
      one: await inMemory('memory', (clock) => memoryLedger({ clock })),
      other: await inMemory('twin', (clock) => memoryLedger({ clock })),
      mark: 'm',
    })
    const check = async (night: Night) => {
      for (const code of night.codes) codes.add(code)
      await keepsPromises(night)
      await compareAll(night)
    }
    await fc.assert(answeredAlike(stage, check, treeCommands), { numRuns: 20, seed: 7 })
    const asked = ['ok', 'existing', 'conflict', 'fenced', 'sealed'].map((code) => `child ${code}`)
    expect([...asked, 'seal ok', 'seal conflict'].filter((code) => !codes.has(code))).toEqual(['child conflict'])
  })
})

describe('circuit breakers', () => {
  it('are moved and probed alike', async () => {
    const codes = new Set<string>()
    const stage = async () => ({
      one: await inMemory('memory', (clock) => memoryLedger({ clock })),
      other: await inMemory('twin', (clock) => memoryLedger({ clock })),
      mark: 'm',
    })
    const check = async (night: Night) => {
      for (const code of night.codes) codes.add(code)
      await keepsPromises(night)
      await compareAll(night)
    }
    await fc.assert(answeredAlike(stage, check, breakerCommands), { numRuns: 30, seed: 7 })
    const moves = [
      'open ok',
      'open moved',
      'closed ok',
      'closed moved',
      'isolate ok',
      'release ok',
      'release unchanged',
    ]
    const asked = ['breaker_open', ...moves.map((one) => `breaker ${one}`)]
    expect(asked.filter((code) => !codes.has(code))).toEqual([])
  })
})

describe('a broken ledger is found', () => {
  it.each(SABOTAGES.map((one) => [one.name, one] as const))(
    '%s: by random operations',
    async (_name, { over, nights }) => {
      const stage = async () => ({
        one: await inMemory('memory', (clock) => memoryLedger({ clock })),
        other: await inMemory('broken', (clock) => over(new Store({ clock }))),
        mark: 'm',
      })
      const found = await fc.check(answeredAlike(stage, compareAll, nights), {
        numRuns: 2_000,
        seed: 7,
        endOnFailure: true,
      })
      expect(String(found.errorInstance)).toContain('The ledgers differ')
    },
  )

  it.each(SABOTAGES.map((one) => [one.name, one] as const))('%s: by its clause', async (_name, { over, clause }) => {
    let now = DAWN_MS
    const ledger = over(new Store({ clock: { now: () => now } }))
    const advance = async (ms: number) => {
      now += ms
    }
    const found = LEDGER_CHAPTERS.flatMap(({ clauses }) => clauses).find((one) => one.name === clause)
    const scene = new Scene({ ledger, advance, close: () => ledger.close() })
    await expect(found?.play(scene)).rejects.toThrow()
  })
})
