import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { treeCommands } from './ledger-model/commands.js'
import { keepsPromises } from './ledger-model/morning.js'
import { DAWN_MS } from './ledger-model/night.js'
import { sideOf } from './ledger-model/pair.js'
import { answeredAlike } from './ledger-model/play.js'
import { TREE_SABOTAGES } from './ledger-model/tree-sabotage.js'

async function inMemory(name: string, make: (options: { clock: { now(): number } }) => Ledger = memoryLedger) {
  let now = DAWN_MS
  return sideOf(name, make({ clock: { now: () => now } }), async (ms) => {
    now = ms
  })
}

const nights = { numRuns: 300, seed: 7, endOnFailure: true } as const

describe('broken trees of runs', () => {
  it.each(TREE_SABOTAGES)('are found beside sound ones: $name', { timeout: 60_000 }, async ({ make }) => {
    const stage = async () => ({ one: await inMemory('memory'), other: await inMemory('broken', make), mark: 'm' })
    const found = await fc.check(answeredAlike(stage, undefined, treeCommands), nights)
    expect(String(found.errorInstance)).toContain('The ledgers differ')
  })

  it.each(TREE_SABOTAGES)('are found by their own content: $name', { timeout: 60_000 }, async ({ make }) => {
    const stage = async () => ({
      one: await inMemory('broken', make),
      other: await inMemory('as broken', make),
      mark: 'm',
    })
    const found = await fc.check(answeredAlike(stage, keepsPromises, treeCommands), nights)
    expect(String(found.errorInstance)).toContain('broke a promise')
  })
})
