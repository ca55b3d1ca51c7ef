import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FAULT_LAYERS, FAULT_NAMES, FAULTS } from './fault.js'

const page = readFileSync(new URL('../../docs/rehearsal-faults.md', import.meta.url), 'utf8')

describe('the page of the catalogue', () => {
  test.each(FAULT_LAYERS)('has the faults of %s, as they are', (layer) => {
    const names = FAULT_NAMES.filter((name) => FAULTS[name].layer === layer)
    const rows = names.map((name) => {
      const { says, at, rate, rows: of } = FAULTS[name]
      return `| \`${name}\` | ${says} | ${at.join(', ')} | ${rate === 0 ? 'by name' : rate} | ${of.join(', ')} |`
    })
    expect(page).toContain(rows.join('\n'))
  })

  test('names no fault that there is not', () => {
    const named = [...page.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, name]) => name)
    expect(named.sort()).toEqual([...FAULT_NAMES].sort())
  })
})

test('every fault has a rate that is a chance, and rows of the matrix', () => {
  for (const name of FAULT_NAMES) {
    const { rate, rows } = FAULTS[name]
    expect(rate).toBeGreaterThanOrEqual(0)
    expect(rate).toBeLessThan(1)
    expect(rows.every((row) => row >= 1 && row <= 39)).toBe(true)
  }
})
