import pg from 'pg'

/** One act in the world, as the tool's own side saw it: outside the ledger, append-only. */
export interface Act {
  readonly tool: string
  readonly key: string
  readonly fence: number
  /** A repeat that the other side recognised by its key and did not perform. */
  readonly repeated: boolean
}

const SCHEMA = `
  create schema if not exists witness;
  create table if not exists witness.act (
    no bigint generated always as identity primary key, tool text not null, key text not null, fence bigint not null,
    repeated boolean not null, at timestamptz not null default clock_timestamp()
  )`

/** The world that tools change, and its own journal of what was done to it. */
export class Witness {
  private constructor(private readonly pool: pg.Pool) {}

  static async open(url: string, create = false): Promise<Witness> {
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    pool.on('error', () => undefined)
    if (create) await pool.query(SCHEMA)
    return new Witness(pool)
  }

  /** Acts each time it is asked: no memory for keys. */
  async act(tool: string, key: string, fence: bigint): Promise<void> {
    await this.pool.query('insert into witness.act (tool, key, fence, repeated) values ($1, $2, $3, false)', [
      tool,
      key,
      fence,
    ])
  }

  /** Acts once for a key, as a provider with idempotency keys does. */
  async actOnce(tool: string, key: string, fence: bigint): Promise<void> {
    await this.pool.query(
      `with turn as (select pg_advisory_xact_lock(hashtext($2)))
       insert into witness.act (tool, key, fence, repeated)
       select $1, $2, $3, exists (select from witness.act where tool = $1 and key = $2) from turn`,
      [tool, key, fence],
    )
  }

  async has(tool: string, key: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('select from witness.act where tool = $1 and key = $2 limit 1', [
      tool,
      key,
    ])
    return (rowCount ?? 0) > 0
  }

  async acts(prefix = ''): Promise<Act[]> {
    const { rows } = await this.pool.query(
      'select tool, key, fence::float8 as fence, repeated from witness.act where starts_with(key, $1) order by no',
      [prefix],
    )
    return rows as Act[]
  }

  close(): Promise<void> {
    return this.pool.end()
  }
}
