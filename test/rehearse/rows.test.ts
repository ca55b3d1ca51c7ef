import { expect, it } from 'vitest'
import type { Ledger } from '../../src/core/ledger.js'
import { play } from '../../src/rehearse/play.js'
import { wharf } from './wharf.js'

const PAYS = 'pays thrice'

/** Attempts of each step of a case's runs, by the step. */
async function attemptsIn(ledger: Ledger): Promise<Map<string, number>> {
  const attempts = new Map<string, number>()
  for (const { runId } of await ledger.runs({})) {
    for (const { kind, facts } of await ledger.journal({ runId })) {
      if (kind === 'begin' && facts.step) attempts.set(facts.step, (attempts.get(facts.step) ?? 0) + 1)
    }
  }
  return attempts
}

it('a permanent fault is not tried again', async () => {
  const strikes = [{ fault: 'tool_permanent', place: 'tool:pay#1' }] as const
  let attempts = new Map<string, number>()
  const look = async (ledger: Ledger) => {
    attempts = await attemptsIn(ledger)
  }
  const verdict = await play(wharf, { story: PAYS, seed: 1, strikes }, { look })
  expect(verdict).toMatchObject({ ok: true, bitten: strikes })
  expect(attempts.get('pay#1')).toBe(1)
})

it('a tool that says 200 and does nothing is seen by what a scenario expects of its world', async () => {
  const strikes = [{ fault: 'tool_noop', place: 'tool:pay#1' }] as const
  const verdict = await play(wharf, { story: 'two tenants, one key', seed: 1, strikes })
  expect(verdict.broken).toEqual(['A run completed and did not pay.'])
})
