import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { changedLines } from './changed-lines.js'
import { CEILING_USD, metered, toldBy, withShop } from './shop-night.js'

const read = (name: string) => readFileSync(`examples/bring-your-own/${name}.ts`, 'utf8')

describe('a ToolLoopAgent that was there before', () => {
  it('is brought under a ceiling and at-most-once tools with three changed lines', () => {
    const { added, removed } = changedLines(read('agent-before'), read('agent-after'))
    expect(added.length).toBeLessThanOrEqual(3)
    expect(removed).toHaveLength(1)
    expect(changedLines('a\nb\nc', 'a\nx\nc\nd')).toEqual({ added: ['x', 'd'], removed: ['b'] })
  })

  it('is not overspent by many callers at once, and each is told', async () => {
    await withShop(async ({ ledger, start, spentUsd, outbox }) => {
      const { answered, exhausted, faults } = await toldBy(start(20, 'a'))
      expect(faults).toEqual([])
      expect(answered + exhausted).toBe(20)
      expect(exhausted).toBeGreaterThan(0)
      expect(spentUsd()).toBeLessThanOrEqual(CEILING_USD)
      const { used, reserved } = await metered(ledger)
      expect(used).toBeLessThanOrEqual(CEILING_USD * 1e6)
      expect(reserved).toBe(0)
      const sent = await outbox()
      expect(new Set(sent).size).toBe(sent.length)
    })
  }, 60_000)
})
