import pg from 'pg'
import { faultOf } from './faults.js'
import { clientConfig } from './pool.js'

export const RUNTIME_ROLE = 'midwatch_runtime'

/**
 * Makes the role `runtime`, or gives it this password, and grants it what the runtime needs and no more: it may insert and
 * read entries, not change them. The owner needs the right to create roles. Answers with the runtime's url.
 */
export async function roles(p: {
  readonly ownerUrl: string
  readonly password: string
  readonly name?: string
}): Promise<{ readonly url: string }> {
  const name = p.name ?? RUNTIME_ROLE
  const client = new pg.Client(clientConfig(p.ownerUrl))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const role = client.escapeIdentifier(name)
    // Roles are the server's, not the database's: two at once may make the same one.
    await client.query(
      `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$`,
    )
    await client.query(`alter role ${role} login password ${client.escapeLiteral(p.password)}`)
    await client.query('select midwatch.grant_runtime($1)', [name])
    return { url: urlFor(p.ownerUrl, name, p.password) }
  } catch (error) {
    throw faultOf(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function urlFor(ownerUrl: string, name: string, password: string): string {
  const url = new URL(ownerUrl)
  url.username = encodeURIComponent(name)
  url.password = encodeURIComponent(password)
  return url.href
}
