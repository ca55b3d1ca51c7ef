import { Database } from './pool.js'

/**
 * After a restore or a failover that lost acknowledged entries, by the owner: raises the incarnation, so that every fence
 * of before is stale and every lease is over. What was under way is found open by the next holder of its run, and doubted.
 */
export function raiseIncarnation(p: {
  readonly url: string
}): Promise<{ readonly incarnation: number; readonly released: number }> {
  return asOwner(p.url, async (database) => {
    const { incarnation, released } = await database.row('select * from midwatch.raise_incarnation()')
    return { incarnation: Number(incarnation), released: Number(released) }
  })
}

/** A connection of whoever reconciles: it may claim while nobody else can. */
export function reconcilingUrl(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}options=${encodeURIComponent('-c midwatch.reconciling=on')}`
}

/** The run that keeps a lost write as a doubt. */
export async function keptAs(p: {
  readonly url: string
  readonly runId: string
  readonly seq: number
  readonly as: string
}): Promise<void> {
  const kept = 'update midwatch.lost set kept_as = $3 where run_id = $1 and seq = $2 and kept_as is null'
  await asOwner(p.url, (database) => database.rows(kept, [p.runId, p.seq, p.as]))
}

/**
 * Claims are given again, in the life that the ledger has now. Runs that have not ended are unsure since then: those that are
 * named, or all. How many they are.
 */
export function resumeClaims(p: {
  readonly url: string
  readonly by: string
  readonly why: string
  readonly since: number | null
  readonly runs: readonly string[] | null
  readonly lost: number
}): Promise<number> {
  return asOwner(p.url, async (database) => {
    const resumed = 'select midwatch.resume_claims($1, $2, $3, $4, $5) as unsure'
    return Number((await database.row(resumed, [p.by, p.why, p.since, p.runs, p.lost])).unsure)
  })
}

async function asOwner<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(url, 1)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
