import pg from 'pg'
import { sha256 } from '../../core/digest.js'
import { MidwatchError } from '../../core/errors.js'
import { faultOf, isCollision, isUnknownName } from './faults.js'

/** A row as the driver gives it. */
export type Row = Record<string, unknown>

const INT8 = 20
const INT8_ARRAY = 1016
const COLLISIONS_AT_MOST = 20
/** A new connection has to plan every statement anew, just when there is much to do: one that rests a while is kept. */
const IDLE_MS = 300_000

const numbersOf = (text: string): number[] => text.slice(1, -1).split(',').filter(Boolean).map(Number)

/** Every bigint of the ledger is a safe integer: times, sums, fences, numbers. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8 && format !== 'binary') return Number
    if (oid === INT8_ARRAY && format !== 'binary') return numbersOf
    return pg.types.getTypeParser(oid, format)
  },
}

/** How a client of the ledger connects. */
export function clientConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    types,
    application_name: 'midwatch',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  }
}

/** A name for a statement, after its text: whoever else has a statement of this name has the same. */
export const nameFor = (what: string, text: string): string => `midwatch_${what}_${sha256(text).slice(0, 12)}`

/** Connections of one process. Every error comes out as a MidwatchError; collisions are tried again. */
export class Database {
  readonly #pool: pg.Pool
  /** False once a pooler was met that gives each transaction another connection, and knows nothing of names. */
  #mayName = true
  #closed = false

  constructor(
    readonly url: string,
    poolSize: number,
  ) {
    this.#pool = new pg.Pool({ ...clientConfig(url), max: poolSize, idleTimeoutMillis: IDLE_MS })
    // Without a listener an idle connection that breaks takes the process down; the next query says what is wrong.
    this.#pool.on('error', () => undefined)
  }

  /** Rows of one statement, which is a transaction of its own. Throws `ledger_away` and its like. */
  async rows(text: string, values: readonly unknown[] = [], name?: string): Promise<Row[]> {
    try {
      return await this.attempt(text, values, name)
    } catch (error) {
      throw faultOf(error)
    }
  }

  /**
   * The same with the server's own errors; only collisions are hidden. Under a `name`, which no other text may have, each connection
   * keeps what the server made of the statement, where there is no pooler that cannot.
   */
  async attempt(text: string, values: readonly unknown[], name?: string): Promise<Row[]> {
    for (let tries = 1; ; tries += 1) {
      // Away is retried for ever; closed is for good.
      if (this.#closed) throw new MidwatchError('ledger_refused', 'The ledger was closed; open it again.')
      const isNamed = name !== undefined && this.#mayName
      try {
        return (await this.#pool.query({ text, values: [...values], ...(isNamed && { name }) })).rows
      } catch (error) {
        // It was refused before anything of it was done.
        if (isNamed && isUnknownName(error)) {
          this.#mayName = false
          continue
        }
        if (!isCollision(error) || tries >= COLLISIONS_AT_MOST) throw error
      }
    }
  }

  /** The only row of a statement that always has one. */
  async row(text: string, values: readonly unknown[] = []): Promise<Row> {
    const [row] = await this.rows(text, values)
    if (!row) throw faultOf(new Error('a row was expected and none came'))
    return row
  }

  /** Lends one connection, and takes it back whatever happens; a broken one is not used again. */
  async lend<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined
    // The pool listens only to idle clients: a lent one that breaks between statements would take the process down.
    const broken = () => undefined
    try {
      client = await this.#pool.connect()
      client.on('error', broken)
      const result = await work(client)
      client.off('error', broken)
      client.release()
      return result
    } catch (error) {
      client?.release(true)
      throw faultOf(error)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }
}
