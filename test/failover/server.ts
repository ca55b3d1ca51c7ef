import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ensureCluster, SUPERUSER } from '../../src/ledger/embedded/cluster.js'
import { findPlace, give, type Place, placeBinaries } from '../../src/ledger/embedded/place.js'
import { findPostmaster } from '../../src/ledger/embedded/postmaster.js'
import { birthOf } from '../../src/ledger/embedded/processes.js'
import { spawnServer } from '../../src/ledger/embedded/startup.js'
import { migrate } from '../../src/ledger/postgres/migrate.js'
import { onServer } from '../../src/ledger/postgres/on-server.js'

type Settings = Readonly<Record<string, string>>

const LOOK_AGAIN_MS = 25
const WITHIN_MS = 60_000

/** A PostgreSQL that nobody watches over: what is killed stays dead. Its data lies in a folder of its own. */
export class Server {
  private constructor(
    private readonly home: string,
    private readonly place: Place,
    private readonly native: string,
  ) {}

  /** With an empty ledger in it. */
  static async made(): Promise<Server> {
    const server = Server.#at()
    await ensureCluster(server.native, server.place)
    await server.start({})
    await migrate({ url: server.url })
    await server.stop('fast')
    return server
  }

  static #at(): Server {
    const home = mkdtempSync(join(tmpdir(), 'midwatch-server-'))
    chmodSync(home, 0o755)
    const place = findPlace(home)
    return new Server(home, place, placeBinaries(place))
  }

  /** A cold copy: this one must not run. */
  copy(): Server {
    const copy = Server.#at()
    this.copyData(copy)
    return copy
  }

  /** In place of the other's data; neither may run. */
  copyData(to: Server): void {
    rmSync(to.place.data, { recursive: true, force: true })
    const { status } = spawnSync('cp', ['-a', this.place.data, to.place.data])
    if (status !== 0) throw new Error(`${this.place.data} could not be copied.`)
  }

  /** Where its Unix socket is. */
  get socket(): string {
    return join(this.place.run, '.s.PGSQL.5432')
  }

  get url(): string {
    return `postgresql://${SUPERUSER}@${encodeURIComponent(this.place.run)}:5432/postgres`
  }

  /** Resolves when it answers queries; a standby answers those that read. */
  async start(settings: Settings): Promise<void> {
    const { place } = this
    rmSync(join(place.data, 'postmaster.pid'), { force: true })
    const fixed = {
      listen_addresses: '',
      unix_socket_directories: place.run,
      shared_buffers: '32MB',
      max_connections: '60',
    }
    const child = spawnServer(this.native, place, { ...fixed, ...settings })
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL did not start; see ${place.log}.`)
      return onServer(this.url, (client) => client.query('select 1')).then(
        () => true,
        () => false,
      )
    })
  }

  /** As a standby of another, which it follows under this name for `synchronous_standby_names`. */
  async follow(primary: Server, name: string): Promise<void> {
    const signal = join(this.place.data, 'standby.signal')
    if (!existsSync(signal)) writeFileSync(signal, '')
    give(signal, this.place.account)
    chmodSync(signal, 0o600)
    const conninfo = `host=${primary.place.run} port=5432 user=${SUPERUSER} application_name=${name}`
    await this.start({ primary_conninfo: conninfo, hot_standby: 'on', wal_retrieve_retry_interval: '100ms' })
  }

  /** Until the standby of this name is waited for, or at least follows. */
  async followed(name: string, state: 'sync' | 'async'): Promise<void> {
    const asked = `select from pg_stat_replication where application_name = $1 and state = 'streaming' and sync_state = $2`
    await until(() => onServer(this.url, async (client) => (await client.query(asked, [name, state])).rowCount === 1))
  }

  async promote(): Promise<void> {
    await onServer(this.url, (client) => client.query('select pg_promote(true, 60)'))
  }

  /** `fast` and `immediate` as pg_ctl means them; `kill`: SIGKILL. Resolves when it is gone. */
  async stop(how: 'fast' | 'immediate' | 'kill'): Promise<void> {
    const found = findPostmaster(this.place)
    if (found === null) return
    const birth = birthOf(found.pid)
    process.kill(found.pid, ({ fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const)[how])
    await until(async () => birthOf(found.pid) !== birth)
  }

  async remove(): Promise<void> {
    await this.stop('immediate')
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 })
    if (this.place.data !== join(this.home, 'data'))
      rmSync(join(this.place.data, '..'), { recursive: true, force: true })
  }
}

export async function until(isSo: () => Promise<boolean>, lookMs = LOOK_AGAIN_MS): Promise<void> {
  const end = performance.now() + WITHIN_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It did not become so within ${WITHIN_MS} ms: ${isSo}`)
    await wait(lookMs)
  }
}
