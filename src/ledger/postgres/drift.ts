import type { AlarmRow, DayOfScores, Drift, DriftPoint, DriftProgress, Release, Trip } from '../../core/drift.js'
import { canonical } from '../../core/json.js'
import type { Database, Row } from './pool.js'
import { RUN_COLUMNS, runOf } from './rows.js'
import { overHolders } from './switches.js'

const UNFOLDED = `select ${RUN_COLUMNS} from midwatch.run r join midwatch.pin p on p.pin_id = r.pin_id
  where r.ended_at is not null and not r.folded and r.pruned_at is null order by r.ended_at, r.run_id limit $1`

const POINTS = `select agent, version, span, at, tally from midwatch.drift_point
  where ($1::text is null or agent = $1) and span = $2 and at >= $3 order by agent, version, at`

const SCORES = `select s.agent, s.version, s.name, r.ended_at - r.ended_at % 86400000 as at, count(*) as count, sum(s.value) as sum,
    sum(s.value * s.value) as "sumSquares"
  from midwatch.score s join midwatch.run r on r.run_id = s.run_id
 where s.agent = $1 and s.week >= midwatch.window_start('week', $2) and r.ended_at >= $2
 group by 1, 2, 3, 4 order by 2, 3, 4`

const PROGRESS = `
  select w.waiting, w.oldest, (select count(*) from midwatch.run l where not l.folded and l.pruned_at is not null) as lost
    from (select count(*) as waiting, min(ended_at) as oldest from midwatch.run r
           where r.ended_at is not null and not r.folded and r.pruned_at is null) w`

const TRIPS = `select no, agent, wire, scope, act, evidence, at, released_at as "releasedAt", released_by as "releasedBy"
  from midwatch.drift_trip where ($1::text is null or agent = $1) and ($2::bigint is null or at >= $2 or released_at >= $2)
    and ($3::boolean is not true or released_at is null) order by no`

const REARM = `update midwatch.drift_trip set released_at = midwatch.clock_ms(), released_by = $3
  where agent = $1 and wire = $2 and released_at is null and act::jsonb ->> 'kind' = 'tell' returning no`

/** Series, alarms and tripwires in the database. */
export function driftOf(database: Database): Drift {
  return { ...seriesOf(database), ...tellingOf(database) }
}

type Told = 'alarm' | 'alarms' | 'trip' | 'rearm' | 'trips'

function seriesOf(database: Database): Omit<Drift, Told> {
  return {
    unfolded: async ({ limit }) => (await database.rows(UNFOLDED, [limit])).map(runOf),
    fold: async ({ runs, points, releases }) => {
      const folded = 'select midwatch.fold($1, $2, $3) as code'
      const { code } = await database.row(folded, [runs, JSON.stringify(points), JSON.stringify(releases)])
      return { code: code as 'ok' | 'moved' }
    },
    points: async ({ agent, span, since }) =>
      (await database.rows(POINTS, [agent, span, since])) as unknown as DriftPoint[],
    releases: async ({ agent }) =>
      (await database.rows(
        `select agent, version, at from midwatch.drift_release where ($1::text is null or agent = $1) order by agent, version`,
        [agent],
      )) as unknown as Release[],
    scores: async ({ agent, since }) => (await database.rows(SCORES, [agent, since])) as unknown as DayOfScores[],
    progress: async () => (await database.row(PROGRESS)) as unknown as DriftProgress,
    forget: async ({ until }) => {
      const gone = `with gone as (delete from midwatch.drift_point where span = 'hour' and at < $1 returning 1)
        select count(*) as count from gone`
      return Number((await database.row(gone, [until])).count)
    },
    refold: async ({ day }) => {
      const { code, runs } = await database.row('select * from midwatch.refold($1)', [day])
      return { code: code as 'ok' | 'pruned', runs: Number(runs) }
    },
  }
}

function tellingOf(database: Database): Pick<Drift, Told> {
  return {
    alarm: async ({ agent, measure, direction, day, body, withinMs }) => {
      const told = 'select midwatch.drift_alarm($1, $2, $3, $4, $5, $6) as code'
      const { code } = await database.row(told, [agent, measure, direction, day, body, withinMs])
      return { code: code as 'ok' | 'known' }
    },
    alarms: async ({ agent, since }) =>
      (await database.rows(
        `select agent, measure, direction, day, body, at from midwatch.drift_alarm
          where ($1::text is null or agent = $1) and day >= $2 order by day, agent, measure, direction`,
        [agent, since],
      )) as unknown as AlarmRow[],
    trip: async ({ agent, wire, act, evidence, since }) => {
      const tripped = 'select midwatch.trip($1, $2, $3, $4, $5) as code'
      const { row } = await overHolders(database, tripped, [agent, wire, canonical(act), evidence, since])
      return { code: row.code as 'ok' | 'standing' | 'early' }
    },
    rearm: async ({ agent, wire, by }) => {
      const rows = await database.rows(REARM, [agent, wire, by])
      return { code: rows.length > 0 ? 'ok' : 'unchanged' }
    },
    trips: async ({ agent, since, standing }) => (await database.rows(TRIPS, [agent, since, standing])).map(tripOf),
  }
}

const tripOf = (row: Row): Trip => ({ ...row, act: JSON.parse(String(row.act)) }) as unknown as Trip
