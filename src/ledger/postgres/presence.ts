import pg from 'pg'
import { clientConfig } from './pool.js'
import { isPooled } from './pooler.js'

const RETAKE_MS = 100

/**
 * Holds an advisory lock for each worker of this process, on a connection that is otherwise idle: when the process dies the
 * server lets go of it at once, and others need not wait for the lease to run out. A broken connection is made again, for
 * the worker lives; nothing depends on it. Through a pooler none is held: that lets go of a living worker's lock, and keeps
 * a dead one's.
 */
export class Presence {
  readonly #workers = new Set<number>()
  #client: pg.Client | null = null
  #turn: Promise<void> = Promise.resolve()
  #again: NodeJS.Timeout | undefined
  #closed = false
  #pooled = false

  constructor(private readonly url: string) {}

  /** Resolves when the lock is held or cannot be had for now; never rejects. */
  keep(workerId: number): Promise<void> {
    this.#workers.add(workerId)
    return this.#inTurn(() => this.#hold([workerId]))
  }

  drop(workerId: number): Promise<void> {
    this.#workers.delete(workerId)
    return this.#inTurn(async () => {
      await this.#client?.query('select pg_advisory_unlock(19802, $1)', [workerId])
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#again)
    await this.#inTurn(async () => this.#client?.end())
  }

  /** One after the other, so that there is one connection. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch(() => this.#retake())
    return this.#turn
  }

  async #hold(workerIds: Iterable<number>): Promise<void> {
    const client = this.#client ?? (await this.#connect())
    if (this.#pooled) return
    for (const workerId of workerIds) {
      const { rows } = await client.query('select midwatch.keep_presence($1) as kept', [workerId])
      if (!rows[0].kept) this.#retake()
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(clientConfig(this.url))
    client.on('error', () => undefined)
    client.once('end', () => {
      if (this.#client === client) this.#client = null
      this.#retake()
    })
    await client.connect()
    this.#client = client
    this.#pooled = await isPooled(client)
    return client
  }

  #retake(): void {
    if (this.#closed) return
    clearTimeout(this.#again)
    this.#again = setTimeout(() => void this.#inTurn(() => this.#hold(this.#workers)), RETAKE_MS)
    // A process that has nothing else to do may end.
    this.#again.unref()
  }
}
