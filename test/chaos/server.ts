import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type EmbeddedPostgres, embeddedPostgres } from '../../src/ledger/embedded/embedded.js'
import { migrate } from '../../src/ledger/postgres/migrate.js'

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** A PostgreSQL of its own, with a ledger in it, which may be restarted under everybody. */
export class Server {
  private constructor(
    private readonly home: string,
    private readonly postgres: EmbeddedPostgres,
  ) {}

  static async start(): Promise<Server> {
    const home = mkdtempSync(join(tmpdir(), 'midwatch-chaos-'))
    // Run by root, the server is another user and must be able to enter.
    chmodSync(home, 0o755)
    const postgres = await embeddedPostgres({ home })
    await migrate({ url: postgres.url })
    return new Server(home, postgres)
  }

  get url(): string {
    return this.postgres.url
  }

  /** Ends the server; its vigil in this process starts it again. Resolves when the new one answers. */
  async restart(how: keyof typeof SIGNALS): Promise<void> {
    const before = this.#pid()
    process.kill(before ?? 0, SIGNALS[how])
    while (this.#pid() === before) await sleep(20)
    while (!(await answers(this.url))) await sleep(50)
  }

  async stop(): Promise<void> {
    await this.postgres.stop()
    rmSync(this.home, { recursive: true, force: true })
  }

  #pid(): number | null {
    try {
      return Number(readFileSync(join(this.home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    } catch {
      return null
    }
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
