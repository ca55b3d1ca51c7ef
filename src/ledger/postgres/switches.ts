import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Ledger } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { CeilingRow, SwitchRow } from '../../core/operated.js'
import type { Claimed } from '../../core/run-row.js'
import type { Database, Row } from './pool.js'
import { clientConfig } from './pool.js'

const COLUMNS = 'scope, mode, engaged, epoch, set_by as by, reason, at'
/** Runs that a release makes due in one transaction. */
const RELEASE_BATCH = 1_000
const LOOK_MS = 200

type Engage = Ledger['engage']
type Release = Ledger['release']
type Verbs = 'engage' | 'release' | 'sweepSwitched' | 'switches' | 'switchHistory' | 'switchedRun'

export function switchesOf(database: Database): Pick<Ledger, Verbs> {
  return {
    engage: (p) => engage(database, p),
    release: (p) => release(database, p),
    sweepSwitched: async ({ limit }) => {
      const { swept } = await database.row('select midwatch.sweep_switched($1) as swept', [limit])
      return Number(swept)
    },
    switches: async () =>
      (await database.rows(`select ${COLUMNS} from midwatch.switch order by epoch`)) as unknown as SwitchRow[],
    switchHistory: async () =>
      (await database.rows(`select ${COLUMNS} from midwatch.switch_move order by epoch`)) as unknown as SwitchRow[],
    switchedRun: async ({ runId }) => {
      const covering = `select c.scope, c.mode, c.set_by as by from midwatch.run r, midwatch.covering(r) c where r.run_id = $1`
      const [row] = await database.rows(covering, [runId])
      return row ? (row as unknown as Claimed['switched']) : null
    },
  }
}

/**
 * Waits for those who hold the scope; after `kill_wait_ms` their backends are ended (to cancel them does not help: one that
 * sends to a client which does not read hears nothing). Waiting goes on meanwhile, so that nobody slips in between.
 */
export async function overHolders(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<{ readonly row: Row; readonly terminated: number }> {
  return await database.lend(async (client) => {
    // Known by its words: through a pooler a statement before it may have been another backend's. It commits by itself, so
    // that it stands though its answer is lost.
    const mark = randomUUID()
    const ender = new Ender(database.url, mark)
    try {
      const done = await client.query(`/* ${mark} */ ${text}`, [...values])
      return { row: done.rows[0], terminated: await ender.stop() }
    } finally {
      await ender.stop()
    }
  })
}

async function engage(database: Database, p: Parameters<Engage>[0]): ReturnType<Engage> {
  const engaged = 'select epoch, at from midwatch.engage($1, $2, $3, $4)'
  const { row, terminated } = await overHolders(database, engaged, [p.scope, p.mode, p.by, p.reason ?? null])
  return { ...(row as { epoch: number; at: number }), terminated }
}

/** Ends the backends that stand in the way of one that waits, on a connection of its own: the pool may be used up. */
class Ender {
  private ended = 0
  private timer: NodeJS.Timeout
  private stopped = false
  private looking: Promise<void> = Promise.resolve()

  constructor(
    private readonly url: string,
    private readonly mark: string,
  ) {
    this.timer = this.lookIn(LIMITS.kill_wait_ms)
  }

  private lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.looking = this.look()
    }, ms)
  }

  private async look(): Promise<void> {
    const client = new pg.Client(clientConfig(this.url))
    client.on('error', () => undefined)
    try {
      await client.connect()
      const ends = `
        select count(*) filter (where pg_terminate_backend(b.pid)) as ended
          from pg_stat_activity a cross join lateral unnest(pg_blocking_pids(a.pid)) b(pid)
         where a.datname = current_database() and starts_with(a.query, '/* ' || $1)`
      const { rows } = await client.query(ends, [this.mark])
      this.ended += Number(rows[0].ended)
    } catch {
      // Not permitted, or away: the waiting statement says so, and there is a next look.
    } finally {
      await client.end().catch(() => undefined)
    }
    if (!this.stopped) this.timer = this.lookIn(LOOK_MS)
  }

  /** How many were ended. The way may be free before the look that freed it has heard its answer: that is waited for. */
  async stop(): Promise<number> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.looking
    return this.ended
  }
}

/** The switch first, in a transaction of its own; then its runs in batches, so that no lock is held over a million rows. */
async function release(database: Database, p: Parameters<Release>[0]): ReturnType<Release> {
  const row = await database.row('select epoch, at, released from midwatch.release($1, $2)', [p.scope, p.by])
  const { epoch, at, released } = row as { epoch: number; at: number; released: boolean }
  let after: unknown = released ? '' : null
  while (after !== null) {
    const batch = [p.scope, at, p.jitterMs, after, RELEASE_BATCH]
    after = (await database.row('select midwatch.let_go($1, $2, $3, $4, $5) as last', batch)).last
  }
  return { epoch, at, released }
}

/** Ceilings that operators set. */
export function ceilingsOf(database: Database): Pick<Ledger, 'setCeiling' | 'ceilings'> {
  return {
    setCeiling: async ({ scope, meter, per, limit, by }) => {
      const gone = 'delete from midwatch.ceiling where scope = $1 and meter = $2 and per = $3'
      const set = `insert into midwatch.ceiling (scope, meter, per, max, set_by, at)
        values ($1, $2, $3, $5, $4, midwatch.clock_ms())
        on conflict (scope, meter, per) do update set max = excluded.max, set_by = excluded.set_by, at = excluded.at`
      const moved = (how: string) =>
        `with moved as (${how}) select midwatch.release_trips($1, '{ceilings}', $2, $3, $4)`
      if (limit === null) await database.rows(moved(gone), [scope, meter, per, by])
      else await database.rows(moved(set), [scope, meter, per, by, limit])
    },
    ceilings: async () =>
      (await database.rows(
        'select scope, meter, per, max as limit, set_by as by, at from midwatch.ceiling order by no',
      )) as unknown as CeilingRow[],
  }
}
