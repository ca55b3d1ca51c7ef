import pg from 'pg'
import { clientConfig } from './pool.js'

/** The URL of another database on the same server. A socket's folder may stand in the place of the host. */
export function within(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** One piece of work over a connection of its own. */
export async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connected(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** A connection whose loss is told by its next query alone. Throws what connecting throws. */
export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(url))
  client.on('error', () => undefined)
  await client.connect()
  return client
}
