import { Database } from './pool.js'

/**
 * After a restore or a failover that lost acknowledged entries, by the owner: raises the incarnation, so that every fence
 * of before is stale and every lease is over. What was under way is found open by the next holder of its run, and doubted.
 */
export async function raiseIncarnation(p: {
  readonly url: string
}): Promise<{ readonly incarnation: number; readonly released: number }> {
  const database = new Database(p.url, 1)
  try {
    const { incarnation, released } = await database.row('select * from midwatch.raise_incarnation()')
    return { incarnation: Number(incarnation), released: Number(released) }
  } finally {
    await database.close()
  }
}
