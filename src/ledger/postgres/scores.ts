import type { ScoreRow, Scores, WeekOfScores } from '../../core/scores.js'
import type { Database } from './pool.js'

const OF_RUN = `select run_id as "runId", agent, version, tenant, name, value, source as by, nullif(who, '') as who, at,
    usd_micros as "usdMicros", reason
  from midwatch.score where run_id = $1 order by at, name, source collate "C", who`

const WEEKLY = `select agent, version, name, week, count(*) as count, sum(value) as sum, sum(value * value) as "sumSquares"
  from midwatch.score where agent = $1 and week >= midwatch.window_start('week', $2)
 group by agent, version, name, week order by version, name, week`

export function scoresOf(database: Database): Scores {
  return {
    add: async ({ runId, name, value, by, who = null, usdMicros = 0, reason = null }) => {
      const said = 'select midwatch.add_score($1, $2, $3, $4, $5, $6, $7) as code'
      const { code } = await database.row(said, [runId, name, value, by, who ?? '', usdMicros, reason])
      return { code: code as 'ok' }
    },
    of: async ({ runId }) => (await database.rows(OF_RUN, [runId])) as unknown as ScoreRow[],
    weekly: async ({ agent, since }) =>
      (await database.rows(WEEKLY, [agent, since])) as unknown as readonly WeekOfScores[],
  }
}
