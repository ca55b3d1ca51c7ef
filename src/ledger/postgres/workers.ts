import type { Workers } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { Database } from './pool.js'
import type { Presence } from './presence.js'
import type { Reaper } from './reaper.js'

/** What a process keeps for its workers: `beats` is a connection of its own, for a lease must not wait behind a batch. */
export interface Keeping {
  readonly beats: Database
  readonly presence: Presence
  readonly reaper: Reaper
}

const LOOK_AGAIN = 'select midwatch.look_again($1, $2, $3)'

export function workersOf(database: Database, { beats, presence, reaper }: Keeping): Workers {
  return {
    register: async ({ name, leaseMs, serves, queues, fresh = false }) => {
      const made = 'select * from midwatch.register($1, $2, $3, $4)'
      const row = await beats.row(made, [name, leaseMs, [...serves], [...queues]])
      if (fresh) await beats.rows(LOOK_AGAIN, [row.worker_id, LIMITS.second_look_ms, LIMITS.second_look_runs])
      await presence.keep(Number(row.worker_id))
      return { workerId: Number(row.worker_id), at: Number(row.at), leaseUntil: Number(row.lease_until) }
    },
    heartbeat: async ({ workerId, leaseMs }) => {
      const row = await beats.row('select * from midwatch.heartbeat($1, $2)', [workerId, leaseMs])
      reaper.look()
      return { held: row.held === true, at: Number(row.at), leaseUntil: Number(row.lease_until) }
    },
    retire: async ({ workerId }) => {
      await beats.rows('select midwatch.retire($1)', [workerId])
      await presence.drop(workerId)
    },
    list: async () =>
      (await database.rows(
        `select worker_id as "workerId", name, lease_until as "leaseUntil", serves, started_at as "startedAt"
           from midwatch.worker order by worker_id`,
      )) as never,
  }
}
