import { Database } from './pool.js'
import { isPooled } from './pooler.js'

/** What `midwatch doctor` looks at; the promises cross a failover only with synchronous replication. */
export interface DatabaseReport {
  /** As the server writes it, such as `18.4`. */
  readonly serverVersion: string
  /** Identify this very cluster and its history: another after a restore elsewhere or a promotion. */
  readonly systemIdentifier: string
  readonly timeline: number
  readonly incarnation: number
  readonly replication: Replication
  readonly durability: { readonly fsync: boolean; readonly fullPageWrites: boolean }
  /** The isolation that connections begin with; the ledger needs `read committed`. */
  readonly isolation: string
  readonly role: { readonly name: string; readonly ownsSchema: boolean; readonly mayChangeEntries: boolean }
  /** Whether a pooler stands between. */
  readonly pooled: boolean
  /** The database's time minus this process's, ms. */
  readonly clockAheadMs: number
}

export interface Replication {
  readonly synchronousCommit: string
  /** Empty: no standby is waited for, and a failover may lose what was acknowledged. */
  readonly synchronousStandbyNames: string
  readonly standbys: readonly { readonly name: string; readonly state: string; readonly syncState: string }[]
}

const REPORT = `
  select current_setting('server_version') as "serverVersion",
    (select system_identifier::text from pg_control_system()) as "systemIdentifier",
    split_part(midwatch.life_now(), '/', 2)::int as timeline,
    (select incarnation from midwatch.ledger) as incarnation,
    current_setting('fsync') = 'on' as fsync, current_setting('full_page_writes') = 'on' as "fullPageWrites",
    current_setting('default_transaction_isolation') as isolation, current_user as name,
    pg_has_role(n.nspowner, 'usage') as "ownsSchema",
    has_table_privilege('midwatch.entry', 'update') or has_table_privilege('midwatch.entry', 'delete') as "mayChangeEntries",
    floor(extract(epoch from clock_timestamp()) * 1000)::bigint as at
  from pg_namespace n where n.nspname = 'midwatch'`

/** Throws `ledger_away` when the database cannot be reached, `ledger_schema_older` when there is no schema. */
export async function inspectDatabase(p: { readonly url: string }): Promise<DatabaseReport> {
  const database = new Database(p.url, 1)
  try {
    const sent = Date.now()
    const row = await database.row(REPORT)
    const { serverVersion, systemIdentifier, timeline, incarnation, isolation } = row as unknown as DatabaseReport
    const { fsync, fullPageWrites, name, ownsSchema, mayChangeEntries } =
      row as unknown as DatabaseReport['durability'] & DatabaseReport['role']
    return {
      ...{ serverVersion, systemIdentifier, timeline, incarnation, isolation },
      replication: await replication(database),
      durability: { fsync, fullPageWrites },
      role: { name, ownsSchema, mayChangeEntries },
      pooled: await database.lend(isPooled),
      clockAheadMs: Math.round(Number(row.at) - (sent + Date.now()) / 2),
    }
  } finally {
    await database.close()
  }
}

async function replication(database: Database): Promise<Replication> {
  const settings = await database.row(
    `select current_setting('synchronous_commit') as commit, current_setting('synchronous_standby_names') as names`,
  )
  const standbys = await database.rows(
    'select application_name as name, state, sync_state as "syncState" from pg_stat_replication order by application_name',
  )
  return {
    synchronousCommit: String(settings.commit),
    synchronousStandbyNames: String(settings.names),
    standbys: standbys as unknown as Replication['standbys'],
  }
}
