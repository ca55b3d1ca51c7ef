import type { Workers } from '../../core/ledger.js'
import type { Database } from './pool.js'

/** `beats` is a connection of its own: a lease must not wait behind a batch. */
export function workersOf(database: Database, beats: Database): Workers {
  return {
    register: async ({ name, leaseMs, serves, queues }) => {
      const made = 'select * from midwatch.register($1, $2, $3, $4)'
      const row = await beats.row(made, [name, leaseMs, [...serves], [...queues]])
      return { workerId: Number(row.worker_id), at: Number(row.at), leaseUntil: Number(row.lease_until) }
    },
    heartbeat: async ({ workerId, leaseMs }) => {
      const row = await beats.row('select * from midwatch.heartbeat($1, $2)', [workerId, leaseMs])
      return { held: row.held === true, at: Number(row.at), leaseUntil: Number(row.lease_until) }
    },
    retire: async ({ workerId }) => {
      await beats.rows('select midwatch.retire($1)', [workerId])
    },
    list: async () =>
      (await database.rows(
        `select worker_id as "workerId", name, lease_until as "leaseUntil", serves, started_at as "startedAt"
           from midwatch.worker order by worker_id`,
      )) as never,
  }
}
