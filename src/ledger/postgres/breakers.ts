import type { BreakerMove, BreakerRow, Breakers, Tallied } from '../../core/breakers.js'
import type { Database } from './pool.js'
import { overHolders } from './switches.js'

const COLUMNS = 'key, state, revision, at, until, opened, probes, probes_most as "probesMost", set_by as by, reason'
const LIST = `select ${COLUMNS} from midwatch.breaker where revision > 0 order by key`
/** Runs that a release makes due in one transaction. */
const RELEASE_BATCH = 1_000

export function breakersOf(database: Database): Breakers {
  return {
    tell: async ({ workerId, told, withinMs }) => {
      const row = await database.row(
        `select t.at, t.others, (select json_agg(b order by b.key) from (${LIST}) b) as rows from midwatch.tell_tally($1, $2, $3) t`,
        [workerId, JSON.stringify(told), withinMs],
      )
      const others = (row.others as string[]).map((text) => JSON.parse(text) as Tallied)
      return { at: Number(row.at), others, rows: (row.rows as BreakerRow[] | null) ?? [] }
    },
    move: async ({ key, revision, to, coolDownMs, probesMost, opened, reason }) => {
      const decided = 'select midwatch.decide_breaker($1, $2, $3, $4, $5, $6, $7) as moved'
      const { moved } = await database.row(decided, [key, revision, to, coolDownMs, probesMost, opened, reason])
      return { code: moved === true ? 'ok' : 'moved' }
    },
    isolate: async ({ key, by, reason }) => {
      const { row } = await overHolders(database, 'select midwatch.isolate_breaker($1, $2, $3) as moved', [
        ...[key, by, reason ?? null],
      ])
      return { code: row.moved === true ? 'ok' : 'unchanged' }
    },
    release: (p) => release(database, p),
    list: async () => (await database.rows(LIST)) as unknown as BreakerRow[],
    moves: async ({ key }) =>
      (await database.rows(
        `select key, revision, was, state, at, set_by as by, reason from midwatch.breaker_move where key = $1 order by revision`,
        [key],
      )) as unknown as BreakerMove[],
  }
}

/** The breaker first, in a transaction of its own; then the runs that wait for it in batches. */
async function release(
  database: Database,
  { key, by, jitterMs }: Parameters<Breakers['release']>[0],
): ReturnType<Breakers['release']> {
  const { at, released } = await database.row('select at, released from midwatch.release_breaker($1, $2)', [key, by])
  let after: unknown = released === true ? '' : null
  while (after !== null) {
    const batch = [key, at, jitterMs, after, RELEASE_BATCH]
    after = (await database.row('select midwatch.let_through($1, $2, $3, $4, $5) as last', batch)).last
  }
  return { code: released === true ? 'ok' : 'unchanged' }
}
