import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshDatabase } from '../../../test/database.js'
import { schemaSnapshot } from './snapshot.js'
import { sqlFolder } from './sql-files.js'

it('sql/schema.sql is what the migrations make', async () => {
  const database = await freshDatabase()
  try {
    await expect(await schemaSnapshot(database)).toMatchFileSnapshot(join(sqlFolder(), 'schema.sql'))
  } finally {
    await database.drop()
  }
})
