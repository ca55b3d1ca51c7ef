import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedPostgres } from '../../ledger/embedded/embedded.js'
import { type RehearsalDatabases, rehearsalDatabases } from '../../ledger/postgres/rehearsal-databases.js'
import type { CaseOf } from '../case-frame.js'
import type { Scenario } from '../scenario.js'
import type { Verdict } from '../verdict.js'
import { RealCase } from './real-case.js'
import type { RealOptions } from './real-options.js'
import { Warden } from './warden.js'

/** Plays one case over real processes and a real PostgreSQL, and leaves nothing of either behind. */
export async function playReal(scenario: Scenario, id: CaseOf, options: RealOptions): Promise<Verdict> {
  const house = await RealHouse.open(options)
  try {
    return await house.play(scenario, id, options)
  } finally {
    await house.close()
  }
}

/** A server and a warden for any number of cases, played one after another or side by side. */
export class RealHouse {
  private constructor(
    private readonly databases: RehearsalDatabases,
    private readonly warden: Warden,
    private readonly stop: () => Promise<void>,
  ) {}

  /** Throws what opening a database throws. */
  static async open(options: Pick<RealOptions, 'databaseUrl'>): Promise<RealHouse> {
    const named = options.databaseUrl ?? process.env.DATABASE_URL
    const warden = new Warden()
    let stop: () => Promise<void> = () => Promise.resolve()
    try {
      const server = named ? { url: named, stop } : await ownServer(warden)
      stop = server.stop
      return new RealHouse(await rehearsalDatabases(server.url), warden, stop)
    } catch (error) {
      await stop()
      warden.close()
      throw error
    }
  }

  async play(scenario: Scenario, id: CaseOf, options: RealOptions): Promise<Verdict> {
    return new RealCase(scenario, id, options, { databases: this.databases, warden: this.warden }).play()
  }

  async close(): Promise<void> {
    await this.databases.close()
    await this.stop()
    this.warden.close()
  }
}

async function ownServer(warden: Warden): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'midwatch-rehearsal-'))
  // Run by root, the server is another user and must be able to enter.
  chmodSync(home, 0o755)
  warden.keeps(home)
  const postgres = await embeddedPostgres({ home, settings: { max_connections: '200' } })
  const stop = async () => {
    await postgres.stop()
    rmSync(home, { recursive: true, force: true })
  }
  return { url: postgres.url, stop }
}
