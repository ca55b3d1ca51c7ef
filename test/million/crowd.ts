import pg from 'pg'
import type { Ledger } from '../../src/core/ledger.js'

/** Of a round, before what was claimed waits again. */
const CLAIMS = 3

/** Rows of runs that wait, made by SQL after one that does: the real schema, and no journals. */
export class Crowd {
  private constructor(
    private readonly client: pg.Client,
    private readonly snapshot: pg.Client,
    readonly size: number,
  ) {}

  /** `like`: the run that all of them are copies of, over a hundred tenants, due over the next month. */
  static async gather(url: string, like: string, size: number): Promise<Crowd> {
    const [client, snapshot] = [new pg.Client(url), new pg.Client(url)]
    await Promise.all([client.connect(), snapshot.connect()])
    const { rows } = await client.query(
      `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
        where attrelid = 'midwatch.run'::regclass and attnum > 0 and not attisdropped
          and attname not in ('run_id', 'tenant', 'origin', 'key', 'due_at')`,
    )
    const { columns } = rows[0]
    await client.query(
      `insert into midwatch.run (run_id, tenant, origin, due_at, ${columns})
       select 'crowd-' || i, 'tenant-' || i % 100, 'crowd-' || i, midwatch.clock_ms() + 3600000 + i::bigint * 2592000, ${columns}
         from midwatch.run, generate_series(1, $2::int) i where run_id = $1`,
      [like, size],
    )
    await client.query('vacuum analyze midwatch.run')
    // Nothing of how they came here is still being written out while they wait.
    await client.query('checkpoint')
    return new Crowd(client, snapshot, size)
  }

  /** What a dump holds: nothing that was there when it began may be cleared away. */
  async openSnapshot(): Promise<void> {
    await this.snapshot.query('begin isolation level repeatable read')
    await this.snapshot.query('select count(*) from midwatch.ledger')
  }

  /**
   * So many of them become due and are claimed by a worker, so many at a time; then they wait again. Answers with how long each
   * claim took, ms. Every one leaves row versions behind that a snapshot keeps. `next` comes after each three claims: so
   * no more is due than a claim looks at.
   */
  async stir(
    ledger: Ledger,
    workerId: number,
    { times, atOnce, next }: { times: number; atOnce: number; next?: () => Promise<void> },
  ): Promise<number[]> {
    const tookMs: number[] = []
    const rounds = Math.ceil(times / (CLAIMS * atOnce))
    for (let round = 0; round < rounds; round += 1) {
      const some = Array.from(
        { length: CLAIMS * atOnce },
        (_, i) => `crowd-${1 + ((round * CLAIMS * atOnce + i) % this.size)}`,
      )
      await this.client.query('update midwatch.run set due_at = midwatch.clock_ms() where run_id = any($1)', [some])
      for (let got = 0; got < some.length; ) {
        const begun = performance.now()
        const claimed = await ledger.claim({ workerId, limit: atOnce })
        tookMs.push(performance.now() - begun)
        if (claimed.length === 0) throw new Error(`Only ${got} of ${some.length} were claimed.`)
        got += claimed.length
      }
      await ledger.workers.heartbeat({ workerId, leaseMs: 600_000 })
      await this.client.query(
        `update midwatch.run set state = 'waiting', worker_id = null, due_at = midwatch.clock_ms() + 3600000
          where run_id = any($1)`,
        [some],
      )
      await next?.()
    }
    return tookMs
  }

  /** Pages that a claim of one run touches: those of all its statements. */
  async pagesOfClaim(workerId: number): Promise<number> {
    const { rows } = await this.client.query(
      `explain (analyze, buffers, format json) select * from midwatch.claim(${workerId}, 1, null)`,
    )
    const { Plan } = rows[0]['QUERY PLAN'][0]
    return Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks']
  }

  /** One of them is due now, since so long. */
  async makeDue(no: number, sinceMs: number): Promise<string> {
    const due = 'update midwatch.run set due_at = midwatch.clock_ms() - $2 where run_id = $1'
    await this.client.query(due, [`crowd-${no}`, sinceMs])
    return `crowd-${no}`
  }

  /** As though there were many more of them: a worker looks at everything once a minute at most. */
  async makeDear(workerId: number): Promise<void> {
    await this.client.query('update midwatch.worker set look_pages = 60000 where worker_id = $1', [workerId])
  }

  async leave(): Promise<void> {
    await Promise.all([this.client.end(), this.snapshot.end()])
  }
}
