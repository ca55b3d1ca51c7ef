import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { sideOf } from './ledger-model/pair.js'
import { SESSION_DAWN_MS } from './ledger-model/session-night.js'
import { workedAlike } from './ledger-model/session-play.js'

async function inMemory(name: string) {
  let now = SESSION_DAWN_MS
  return sideOf(name, memoryLedger({ clock: { now: () => now } }), async (ms) => {
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
})
