import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workNight as invoices } from '../examples/invoice-approval/night.js'
import { workNight as triage } from '../examples/on-call-triage/night.js'
import { workNight as research } from '../examples/research/night.js'
import { freshDatabase, type TestDatabase } from './database.js'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

describe('the examples', () => {
  it('on-call triage: one restart, one no, one tool that is stopped because it changed', async () => {
    expect(await triage({ databaseUrl: database.url })).toEqual([
      'checkout is slow: restarted checkout: its pool was exhausted',
      'db is slow: ann of sre was asked and said no; left db alone: a long vacuum',
      'checkout is slow again: handed over to sre: The log tool is not what it was.',
      'restarts: checkout 1',
    ])
  }, 60_000)

  it('invoice approval: two people, neither of whom asked for it, over a stop between their answers', async () => {
    expect(await invoices({ databaseUrl: database.url })).toEqual([
      'bob, who asked for it, says yes: requester',
      'ann says yes: ok',
      'ann says yes again: same_person',
      'after a stop and a start, cem says yes: ok',
      'inv-7: paid, as ann and cem said',
      'inv-8: Not paid: no two people agreed.',
      'the bank was told: inv-7 $1200',
    ])
  }, 60_000)

  it('research: facts, and gaps with their reasons', async () => {
    expect(await research({ databaseUrl: database.url })).toEqual([
      '5 pages read, 2 with facts',
      '  High water is at four. (/tides)',
      '  The moon sets at three. (/moon)',
      'gaps:',
      '  /maze: policy: read_page was called 3 times with the same arguments and gave the same answer.',
      '  /fog: cannot_know: /fog does not say.',
      '  /gone: cannot_know: /gone does not say.',
      'all runs together made 11 of 40 model calls',
    ])
  }, 60_000)
})
