import { expect, it } from 'vitest'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { storeOf } from './store-of.js'

it('a ledger in memory stands in for any database, and is not the runtime’s to close', async () => {
  const ledger = memoryLedger()
  const store = await storeOf({ run: [], ledger }, {})
  await store.close()
  expect([store.ledger, store.url, typeof (await ledger.now())]).toEqual([ledger, '', 'number'])
})

it.each([{ databaseUrl: 'postgres://here' }, { home: '.midwatch' }])(
  'beside %j it is refused, for one of them would be forgotten',
  async (more) => {
    const refused = storeOf({ run: [], ledger: memoryLedger(), ...more }, {})
    await expect(refused).rejects.toMatchObject({ code: 'invalid_config' })
  },
)
