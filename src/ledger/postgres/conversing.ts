import type { Ledger } from '../../core/ledger.js'
import type { SessionRow } from '../../core/sessions.js'
import type { Database, Row } from './pool.js'

const PAGE = 100
/** A session without an accepted message is nobody's yet. */
const SESSIONS = `select tenant, session, last_no, turn_no, active, coalesce(sequenced, false) as sequenced, gap_due_at,
    state_version, state_text, closed_by, closed_reason, closed_at, opened, opened_at, last_at, idle_ms
  from midwatch.session where opened > 0`

type Verbs = 'session' | 'sessions' | 'closeSession' | 'reopenSession' | 'passGaps'

/** What is done with sessions as such. */
export function conversingOf(database: Database): Pick<Ledger, Verbs> {
  return {
    session: async ({ tenant, session }) => {
      const [row] = await database.rows(`${SESSIONS} and tenant = $1 and session = $2`, [tenant, session])
      return row ? sessionOf(row) : null
    },
    sessions: async ({ tenant, tenants, closed, after, limit }) => {
      const rows = await database.rows(
        `${SESSIONS} and ($1::text is null or tenant = $1) and ($2::boolean is null or (closed_at is not null) = $2)
            and ($3::text is null or (tenant, session) > ($3, $4)) and ($6::text[] is null or tenant = any($6))
          order by tenant, session limit $5`,
        [tenant, closed, after?.tenant, after?.session, limit ?? PAGE, tenants],
      )
      return rows.map(sessionOf)
    },
    closeSession: ({ tenant, session, by, reason }) => turn(database, [tenant, session, true, by, reason]),
    reopenSession: ({ tenant, session, by }) => turn(database, [tenant, session, false, by, null]),
    passGaps: async ({ limit }) => {
      const { passed } = await database.row('select midwatch.pass_gaps($1) as passed', [limit])
      return Number(passed)
    },
  }
}

async function turn(database: Database, p: readonly unknown[]): ReturnType<Ledger['closeSession']> {
  const { code } = await database.row('select midwatch.close_session($1, $2, $3, $4, $5) as code', p)
  return { code } as Awaited<ReturnType<Ledger['closeSession']>>
}

function sessionOf(row: Row): SessionRow {
  const { state_version: version, state_text: text, closed_by: by, closed_reason: reason, closed_at: at } = row
  const { tenant, session, active, sequenced, opened } = row
  return {
    ...{ tenant, session, active, sequenced, opened },
    ...{ lastNo: row.last_no, turnNo: row.turn_no, gapDueAt: row.gap_due_at },
    ...{ openedAt: row.opened_at, lastAt: row.last_at, idleMs: row.idle_ms },
    state: version === null ? null : { version, text },
    closed: at === null ? null : { by, reason, at },
  } as SessionRow
}
