import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectFacts } from '../../src/core/invariants/inspect.js'
import { readFacts } from '../../src/core/invariants/read.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { freshDatabase } from '../database.js'
import { type Event, Night } from './night.js'

const number = fc.nat(99)
const events = fc.array(fc.tuple(fc.nat(Night.kinds - 1), number, number, number), { minLength: 80, maxLength: 120 })
const FIRST: Event[] = [
  [0, 1, 1, 0],
  [0, 2, 3, 0],
  [0, 4, 5, 0],
  [2, 0, 0, 0],
]

describe('whatever happens to a ledger in PostgreSQL', () => {
  it('every invariant holds', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (happened) => {
        const database = await freshDatabase()
        let now = Date.UTC(2026, 0, 31, 21)
        await database.setClock(now)
        const ledger = await postgresLedger({ url: database.url })
        try {
          const night = new Night(ledger, async (ms) => {
            now += ms
            await database.setClock(now)
          })
          for (const event of [...FIRST, ...happened]) await night.happen(event)
          expect(inspectFacts(await readFacts(ledger))).toEqual([])
        } finally {
          await ledger.close()
          await database.drop()
        }
      }),
      { numRuns: 6, endOnFailure: true },
    )
  })
})
