import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import { Database } from './pool.js'

let place: TestDatabase
beforeAll(async () => {
  place = await freshDatabase()
})
afterAll(() => place?.drop())

const KEPT = 'select count(*)::int as n from pg_prepared_statements where name = $1'

/** One connection, so that what it keeps can be seen and taken from it. */
async function on<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(place.url, 1)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

it('a named statement is kept by its connection', () =>
  on(async (database) => {
    for (const n of [1, 2]) expect(await database.attempt('select $1::int as n', [n], 'twice')).toEqual([{ n }])
    expect(await database.row(KEPT, ['twice'])).toEqual({ n: 1 })
  }))

it('several that are under way when that is found out all go on', async () => {
  const database = new Database(place.url, 4)
  try {
    const all = async (name: string) =>
      (await Promise.all([1, 2, 3, 4].map((n) => database.attempt('select $1::int as n', [n], name)))).flat()
    await all('many')
    // Each takes a connection of its own, for all are asked for at once.
    const forget = () => database.lend(async (client) => void (await client.query('deallocate all')))
    await Promise.all([1, 2, 3, 4].map(forget))
    expect(await all('many')).toEqual([1, 2, 3, 4].map((n) => ({ n })))
  } finally {
    await database.close()
  }
})

it.each([
  ['has lost it', async (database: Database) => void (await database.rows('deallocate all'))],
  ['has one of another', async (database: Database) => void (await database.rows('prepare again as select 2'))],
])('goes on without a name where the connection %s, as behind a pooler', (what, spoil) =>
  on(async (database) => {
    const name = what === 'has lost it' ? 'once' : 'again'
    if (name === 'once') await database.attempt('select $1::int as n', [1], name)
    await spoil(database)
    for (const n of [1, 2]) expect(await database.attempt('select $1::int as n', [n], name)).toEqual([{ n }])
    await database.rows('deallocate all')
    expect(await database.attempt('select $1::int as n', [3], name)).toEqual([{ n: 3 }])
    expect(await database.row(KEPT, [name])).toEqual({ n: 0 })
  }),
)
