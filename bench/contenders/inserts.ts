import pg from 'pg'
import type { Contender, Order, Setting } from '../contender.js'
import { nextResult } from '../result.js'
import type { Tally } from '../tally.js'

/** What a commit costs here: clients that each insert one row of 600 bytes at a time. */
export async function inserts({ url }: Setting): Promise<Contender> {
  const clients: pg.Client[] = []
  const connect = async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return client
  }
  const body = JSON.stringify(nextResult())
  const lane = async (client: pg.Client, tally: Tally) => {
    while (!tally.over) {
      const from = performance.now()
      await client.query({ name: 'insert', text: 'insert into row_of_bench (body) values ($1)', values: [body] })
      tally.step(performance.now() - from)
    }
  }
  clients.push(await connect())
  await clients[0]?.query('create table row_of_bench (id bigint generated always as identity primary key, body text)')
  return {
    async prepare(lanes) {
      while (clients.length < lanes) clients.push(await connect())
    },
    async work({ lanes }: Order, tally) {
      await Promise.all(clients.slice(0, lanes).map((client) => lane(client, tally)))
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}
