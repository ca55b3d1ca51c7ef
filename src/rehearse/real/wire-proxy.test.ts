import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WireProxy } from './wire-proxy.js'

const direct = process.env.MIDWATCH_TEST_URL ?? ''
const table = `cut_${process.pid}`
let proxy: WireProxy

async function on<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const kept = () =>
  on(direct, async (client) => (await client.query(`select word from ${table}`)).rows.map((r) => r.word))

beforeEach(async () => {
  proxy = await WireProxy.before(direct)
  await on(direct, (client) => client.query(`create table ${table} (word text)`))
})
afterEach(async () => {
  await proxy.close()
  await on(direct, (client) => client.query(`drop table ${table}`))
})

it('lets everything through that it was not told to cut', async () => {
  const long = 'x'.repeat(1_000_000)
  await on(proxy.url, (client) => client.query(`insert into ${table} values ($1)`, [long]))
  expect(await kept()).toEqual([long])
})

it.each([
  ['before', []],
  ['after', ['named']],
] as const)('cut %s the commit: the client hears nothing, the server keeps %j', async (when, left) => {
  await on(proxy.url, async (client) => {
    const cut = proxy.cut(when, 'named')
    await expect(client.query(`insert into ${table} values ($1)`, ['named'])).rejects.toThrow(
      /terminated|reset|closed/i,
    )
    await cut
  })
  expect(await kept()).toEqual(left)
})

it('cuts the one request that was named, once', async () => {
  const cut = proxy.cut('before', 'second')
  const insert = (word: string) =>
    on(proxy.url, (client) => client.query({ name: 'put', text: `insert into ${table} values ($1)`, values: [word] }))
  await insert('first')
  await expect(insert('second')).rejects.toThrow()
  await cut
  await insert('second')
  expect(await kept()).toEqual(['first', 'second'])
})
