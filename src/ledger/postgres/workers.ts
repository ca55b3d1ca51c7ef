import type { Workers } from '../../core/workers.js'
import { STANDING, standingOf } from './lives.js'
import type { Database } from './pool.js'
import type { Presence } from './presence.js'
import type { Reaper } from './reaper.js'

/** What a process keeps for its workers: `beats` is a connection of its own, for a lease must not wait behind a batch. */
export interface Keeping {
  readonly beats: Database
  readonly presence: Presence
  readonly reaper: Reaper
}

export function workersOf(database: Database, { beats, presence, reaper }: Keeping): Workers {
  return {
    register: async ({ name, leaseMs, serves, queues }) => {
      const made = `select m.*, midwatch.has_misfits(m.worker_id) as misfits, ${STANDING} from midwatch.register($1, $2, $3, $4) m, midwatch.standing() s`
      const row = await beats.row(made, [name, leaseMs, [...serves], [...queues]])
      await presence.keep(Number(row.worker_id))
      reaper.watch(Number(row.worker_id))
      const { worker_id: workerId, at, lease_until: leaseUntil, misfits } = row
      const given = { workerId: Number(workerId), at: Number(at), leaseUntil: Number(leaseUntil) }
      return { ...given, misfits: misfits === true, standing: standingOf(row) }
    },
    heartbeat: async ({ workerId, leaseMs }) => {
      const beat = `select h.*, midwatch.has_misfits($1) as misfits, ${STANDING}
        from midwatch.heartbeat($1, $2) h, midwatch.standing() s`
      const row = await beats.row(beat, [workerId, leaseMs])
      const { held, at, lease_until: leaseUntil, was, misfits } = row
      const times = { at: Number(at), leaseUntil: Number(leaseUntil), was: was === null ? null : Number(was) }
      return { held: held === true, ...times, misfits: misfits === true, standing: standingOf(row) }
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
