import { expect, it } from 'vitest'
import { ownerOf } from './owner.js'

it.each([
  ['model_transient', 'provider'],
  ['model_rate_limit', 'provider'],
  ['model_content_filter', 'model'],
  ['model_context_length', 'orchestration'],
  ['unknown_price', 'policy'],
  ['ledger_away', 'store'],
  ['embedded_failed', 'store'],
  ['mcp_unreachable', 'tool'],
  ['flow_threw', 'orchestration'],
  ['constructor', 'orchestration'],
])('%s is the fault of the %s', (code, owner) => {
  expect(ownerOf(code)).toBe(owner)
})
