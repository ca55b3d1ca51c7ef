import { expect, it } from 'vitest'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import { WireProxy } from '../src/rehearse/real/wire-proxy.js'
import { freshDatabase } from './database.js'

it('a kill whose answer was lost stands, and the process that asked lives', async () => {
  const database = await freshDatabase()
  const proxy = await WireProxy.before(database.url)
  const cuttable = await postgresLedger({ url: proxy.url })
  const ledger = await postgresLedger({ url: database.url })
  const cut = proxy.cut('after', 'tenant:lost')
  await expect(cuttable.engage({ scope: 'tenant:lost', mode: 'end', by: 'operator' })).rejects.toMatchObject({
    code: 'ledger_away',
  })
  await cut
  expect((await ledger.switches())[0]).toMatchObject({ scope: 'tenant:lost', engaged: true })
  await cuttable.close()
  await ledger.close()
  await proxy.close()
  await database.drop()
})
