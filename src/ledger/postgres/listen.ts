import pg from 'pg'
import type { Wake } from '../../core/ledger.js'
import { faultOf } from './faults.js'
import { clientConfig } from './pool.js'
import { isPooled } from './pooler.js'

const RECONNECT_MS = 250

type Hear = (wake: Wake) => void

/** One connection that hears for all listeners of a process, and comes back when it breaks. Wakes in between are lost. */
export class Ears {
  readonly #hearers = new Set<Hear>()
  #client: Promise<pg.Client> | null = null
  #retry: NodeJS.Timeout | undefined

  constructor(private readonly url: string) {}

  /** Resolves when it hears. Throws `ledger_away` when the first connection fails. */
  async listen(hear: Hear): Promise<() => Promise<void>> {
    // Wrapped, so that the same function given twice is heard twice and let go once.
    const ear: Hear = (wake) => hear(wake)
    this.#hearers.add(ear)
    try {
      this.#client ??= this.#connect()
      await this.#client
    } catch (error) {
      this.#hearers.delete(ear)
      this.#client = null
      throw faultOf(error)
    }
    return async () => {
      this.#hearers.delete(ear)
      if (this.#hearers.size === 0) await this.close()
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = null
    await client?.then((one) => one.end()).catch(() => undefined)
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(clientConfig(this.url))
    client.on('error', () => undefined)
    client.on('notification', ({ payload }) => this.#tell(payload ?? ''))
    await client.connect()
    // Through a pooler nobody would hear: looks by time are the net.
    if (!(await isPooled(client))) await client.query('listen midwatch_wake')
    client.once('end', () => this.#reconnect(client))
    return client
  }

  #reconnect(lost: pg.Client): void {
    void this.#client?.then((client) => {
      if (client !== lost || this.#hearers.size === 0) return
      const again = this.#connect()
      this.#client = again
      again.catch(() => {
        this.#client = Promise.resolve(lost)
        this.#retry = setTimeout(() => this.#reconnect(lost), RECONNECT_MS)
      })
    })
  }

  #tell(payload: string): void {
    const colon = payload.indexOf(':')
    const wake = { kind: payload.slice(0, colon), name: payload.slice(colon + 1) } as Wake
    for (const hear of this.#hearers) hear(wake)
  }
}
