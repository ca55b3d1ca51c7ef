import { DEPTH_MOST, type LineRow, type QueueRow, type Queues } from '../../core/queues.js'
import type { Database } from './pool.js'

export function queuesOf(database: Database): Queues {
  return {
    setBound: async ({ scope, max, by }) => {
      await database.rows('select midwatch.set_bound($1, $2, $3)', [scope, max, by])
    },
    list: async () =>
      (await database.rows('select * from midwatch.list_queues($1)', [DEPTH_MOST])) as unknown as QueueRow[],
    lines: async ({ limit }) =>
      (await database.rows('select * from midwatch.list_lines($1, $2)', [limit, DEPTH_MOST])) as unknown as LineRow[],
  }
}
