import type { Admission, Admitted } from '../../core/admission.js'
import { sha256 } from '../../core/digest.js'
import type { Ledger } from '../../core/ledger.js'
import type { Notice } from '../../core/operated.js'
import type { Repinned } from '../../core/run-row.js'
import { admittedOf, headOf } from './admission-head.js'
import { apply } from './apply.js'
import { breakersOf } from './breakers.js'
import { conversingOf } from './conversing.js'
import { driftOf } from './drift.js'
import { feedOf } from './feed.js'
import { Ears } from './listen.js'
import { checkStanding, livesOf } from './lives.js'
import { checkSchema, migrate } from './migrate.js'
import { Database, nameFor } from './pool.js'
import { Presence } from './presence.js'
import { queuesOf } from './queues.js'
import { readsOf } from './reads.js'
import { Reaper } from './reaper.js'
import { claimedOf, RUN_COLUMNS, unsure } from './rows.js'
import { schedulesOf } from './schedules.js'
import { scoresOf } from './scores.js'
import { ceilingsOf, switchesOf } from './switches.js'
import { tokensOf } from './tokens.js'
import { workersOf } from './workers.js'

export interface PostgresOptions {
  readonly url: string
  /** The same database without a pooler between: for what a session holds, presence and listening, and for heartbeats. */
  readonly directUrl?: string
  /** Connections of this process, besides one each for heartbeats, for the presence and for listening. */
  readonly poolSize?: number
  /** Whether the url is the owner's: the schema is then migrated first. Otherwise it must be there. */
  readonly owner?: boolean
}

const POOL_SIZE = 8

/**
 * The ledger in PostgreSQL 15 or later. Throws `ledger_away` when it cannot be reached, `ledger_schema_older` or
 * `ledger_schema_newer` when its schema is not the one of this version.
 */
export async function postgresLedger(options: PostgresOptions): Promise<Ledger> {
  const direct = options.directUrl ?? options.url
  if (options.owner) await migrate({ url: direct })
  const database = new Database(options.url, options.poolSize ?? POOL_SIZE)
  const beats = new Database(direct, 1)
  const presence = new Presence(direct)
  const reaper = new Reaper(beats)
  const ears = new Ears(direct)
  const close = async () => {
    await reaper.close()
    await Promise.all([presence.close(), ears.close(), database.close(), beats.close()])
  }
  try {
    await checkSchema(database)
  } catch (error) {
    await close()
    throw error
  }
  return {
    workers: workersOf(database, { beats, presence, reaper }),
    lives: livesOf(database),
    schedules: schedulesOf(database),
    scores: scoresOf(database),
    drift: driftOf(database),
    tokens: tokensOf(database),
    feed: feedOf(database),
    breakers: breakersOf(database),
    queues: queuesOf(database),
    check: async () => {
      await checkSchema(database)
      await checkStanding(database)
    },
    ...verbsOf(database),
    ...conversingOf(database),
    ...peopleOf(database),
    ...switchesOf(database),
    ...ceilingsOf(database),
    ...readsOf(database),
    ...keepingOf(database),
    ...treesOf(database),
    listen: (hear) => ears.listen(hear),
    close,
  }
}

const claimedFrom = (claim: string): string =>
  `select ${RUN_COLUMNS}, ${unsure('c.claimed')}, c.scope, c.mode, c.set_by as by, c.at from ${claim} with ordinality c
     cross join lateral (select (c.claimed).*) r cross join lateral midwatch.pinned(r.pin_id) p order by c.ordinality`

const CLAIM = claimedFrom('midwatch.claim($1, $2, $3, $4)')
const CLAIM_NAME = nameFor('claim', CLAIM)

const MISFITS = `
  select g.run_id from midwatch.worker w join midwatch.run g
      on g.pin_id = any(midwatch.served_pins(w.serves)) and g.queue = any(w.queues)
   where w.worker_id = $1 and w.lease_until > (select midwatch.clock_ms()) and g.state = 'waiting' and g.waits like 'mismatch:%'
     and g.run_id > $2 order by g.run_id limit $3`

function verbsOf(
  database: Database,
): Pick<Ledger, 'secret' | 'now' | 'admit' | 'claim' | 'misfits' | 'claimMisfit' | 'apply' | 'wake' | 'repin'> {
  return {
    secret: async () => String((await database.row('select secret from midwatch.ledger')).secret),
    now: async () => Number((await database.row('select midwatch.clock_ms() as now')).now),
    admit: (p) => admit(database, p),
    claim: async ({ workerId, limit, runId, perTenant }) =>
      (await database.rows(CLAIM, [workerId, limit, runId, perTenant], CLAIM_NAME)).map(claimedOf),
    misfits: async ({ workerId, after, limit }) =>
      (await database.rows(MISFITS, [workerId, after, limit])).map((row) => String(row.run_id)),
    claimMisfit: async ({ workerId, runId }) =>
      (await database.rows(claimedFrom('midwatch.claim_misfit($1, $2)'), [workerId, runId])).map(claimedOf),
    apply: (ops) => apply(database, ops),
    wake: async ({ runId }) => {
      await database.rows('select midwatch.wake($1)', [runId])
    },
    repin: async ({ runId, version, fingerprint, by }) => {
      const moved = 'select midwatch.repin($1, $2, $3, $4) as code'
      return (await database.row(moved, [runId, version, fingerprint, by])) as unknown as Repinned
    },
  }
}

async function admit(database: Database, p: Admission): Promise<Admitted> {
  const row = await database.row('select * from midwatch.admit($1, $2)', [JSON.stringify(headOf(p)), p.body])
  return admittedOf(row)
}

function peopleOf(database: Database): Pick<Ledger, 'answer' | 'notices' | 'noticeSent'> {
  return {
    answer: async ({ id, decision, by, args, note, result }) => {
      const said = 'select * from midwatch.answer($1, $2, $3, $4, $5, $6)'
      const row = await database.row(said, [id, decision, by, args, note, result])
      const { code, state, not_before: notBefore, missing } = row
      const more = { ...(state !== null && { state }), ...(notBefore !== null && { notBefore }) }
      return { code, ...more, ...(missing !== null && { missing }) } as never
    },
    notices: async ({ limit, retryAfterMs }) =>
      (await database.rows(
        `select no::text as id, kind, tenant, run_id as "runId", body, at, tries
           from midwatch.take_notices($1, $2) order by no`,
        [limit, retryAfterMs],
      )) as unknown as Notice[],
    noticeSent: async ({ id }) => {
      const sent = 'update midwatch.notice set sent_at = midwatch.clock_ms() where no::text = $1 and sent_at is null'
      await database.rows(sent, [id])
    },
  }
}

/** Many admissions at a time, and the end of them. */
function treesOf(database: Database): Pick<Ledger, 'admitAll' | 'sealGroup'> {
  return {
    admitAll: async (ps) => {
      const all = 'select * from midwatch.admit_all($1, $2)'
      const rows = await database.rows(all, [JSON.stringify(ps.map(headOf)), ps.map(({ body }) => body)])
      return rows.map(admittedOf)
    },
    sealGroup: async ({ runId, fence, step, total }) => {
      const row = await database.row('select midwatch.seal_group($1, $2, $3, $4) as code', [runId, fence, step, total])
      return { code: row.code as 'ok' | 'fenced' | 'conflict' }
    },
  }
}

/** Large parts, and what becomes of bodies that must not be kept. */
function keepingOf(database: Database): Pick<Ledger, 'putBlob' | 'erase' | 'prune'> {
  return {
    putBlob: async ({ tenant, text, runId }) => {
      const digest = sha256(text)
      const put = `insert into midwatch.blob as b (tenant, digest, text, run_id) values ($1, $2, $3, $4)
        on conflict (tenant, digest) do update set run_id = null where b.run_id is distinct from excluded.run_id`
      await database.rows(put, [tenant, digest, text, runId])
      return { digest }
    },
    erase: async ({ runId }) => {
      const { erased } = await database.row('select midwatch.erase($1) as erased', [runId])
      return { erased: Number(erased) }
    },
    prune: async ({ endedBefore, limit }) => {
      const { pruned } = await database.row('select midwatch.prune($1, $2) as pruned', [endedBefore, limit])
      return Number(pruned)
    },
  }
}
