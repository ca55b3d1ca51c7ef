import { expect, it } from 'vitest'
import { workNight } from '../examples/nightly-batch/night.js'
import { freshDatabase } from './database.js'

it('the nightly batch of the examples books every good invoice once and names the others', async () => {
  const database = await freshDatabase()
  try {
    const said = await workNight({ invoices: 640, day: '2025-01-01', databaseUrl: database.url })
    expect(said).toEqual([
      '640 invoices of 2025-01-01: 633 booked for $6330, 7 not',
      ...['00037', '00137', '00237', '00337', '00437'].map((no) => `  not booked: 2025-01-01:inv-${no} no_account`),
      '  and 2 more',
      'the books hold 633, 0 of them twice',
      expect.stringMatching(/^midwatch show [0-9a-f]{12}$/),
    ])
  } finally {
    await database.drop()
  }
}, 120_000)
