import pg from 'pg'
import { expect, it } from 'vitest'

it('gives every worker a PostgreSQL whose durability is on', async () => {
  const client = new pg.Client(process.env.MIDWATCH_TEST_URL)
  await client.connect()
  const { rows } = await client.query(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
            current_setting('server_version_num')::int >= 150000 as recent`,
  )
  await client.end()
  expect(rows).toEqual([{ fsync: 'on', commit: 'on', recent: true }])
})
