import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isCatalogued, REASONS, REFUSAL_RULES } from './refusals.js'

const page = readFileSync(fileURLToPath(new URL('../../docs/refusals.md', import.meta.url)), 'utf8')
const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)

describe('the catalogue of refusals', () => {
  it('has its page, and the page nothing else', () => {
    expect(rows.sort()).toEqual([...REASONS, ...REFUSAL_RULES].sort())
  })

  it('knows a refusal by reason and rule', () => {
    for (const rule of [
      'rules.issue_refund',
      'stages.resolve',
      'confidence',
      'people.pay',
      'signals.same_call',
      'agent',
    ])
      expect(isCatalogued({ reason: 'policy', rule })).toBe(true)
    expect(isCatalogued({ reason: 'because', rule: 'agent' })).toBe(false)
    for (const rule of ['rules.', 'rules', 'agent.x', 'mood', '', undefined])
      expect(isCatalogued({ reason: 'policy', rule })).toBe(false)
  })
})
