import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { cannotRun, runAs, SUPERUSER, serverEnv } from './cluster.js'
import { embeddedFault, logFrom, socketTaken } from './failures.js'
import type { Place } from './place.js'
import { birthOf, servesData } from './processes.js'

const LOOK_AGAIN_MS = 5
/** Recovery after a crash reads the WAL since the last checkpoint: with max_wal_size below, well within this. */
const START_WITHIN_MS = 180_000
/** Backends of a killed server notice its death soon, but not inside a long computation. */
const ORPHANS_GONE_WITHIN_MS = 20_000
const STOP_WITHIN_MS = 60_000
/** Length of a socket's path that every system takes (104 on macOS, 108 on Linux). */
const SOCKET_PATH_BYTES = 100
const SOCKET_PORT = 5432

/** Settings that cost no durability: fsync, full_page_writes and synchronous_commit stay on. */
const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_checkpoints: 'off',
  cluster_name: 'midwatch',
}

/** A server as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number
  readonly status: string
  readonly port: number
  /** Folder of its Unix socket, '' when it listens on loopback only. */
  readonly socketFolder: string
}

/** The server that has the data directory now, whatever its state; null when none lives. */
export function findPostmaster(place: Place): Postmaster | null {
  let lines: string[]
  try {
    lines = readFileSync(join(place.data, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Math.abs(Number(lines[0]))
  if (!servesData(pid, place.data)) return null
  return { pid, port: Number(lines[3]), socketFolder: (lines[4] ?? '').trim(), status: (lines[7] ?? '').trim() }
}

/** The server's address for `pg` and libpq alike. */
export function urlOf(place: Place, server: Postmaster): string {
  if (server.socketFolder !== '') {
    return `postgresql://${SUPERUSER}@${encodeURIComponent(server.socketFolder)}:${server.port}/postgres`
  }
  const password = encodeURIComponent(readFileSync(place.password, 'utf8').trim())
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${server.port}/postgres`
}

/** Ready means that the pid file says so *and* that the server accepts. */
async function isReady(server: Postmaster | null): Promise<boolean> {
  if (server?.status !== 'ready') return false
  return accepts(server)
}

function accepts({ socketFolder, port }: Pick<Postmaster, 'socketFolder' | 'port'>): Promise<boolean> {
  const socket = socketFolder === '' ? connect(port, '127.0.0.1') : connect(join(socketFolder, `.s.PGSQL.${port}`))
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}

/** A living server of this data directory, once it is ready; one that is shutting down is waited for, and gives null. */
export async function adoptPostmaster(place: Place): Promise<Postmaster | null> {
  const until = performance.now() + START_WITHIN_MS
  for (;;) {
    const server = findPostmaster(place)
    if (server === null) return null
    if (await isReady(server)) return server
    if (performance.now() > until) {
      throw embeddedFault(`process ${server.pid} has the data but is not ready: ${server.status}`, place.home)
    }
    await wait(LOOK_AGAIN_MS)
  }
}

/** Starts the server and waits until it is ready. Throws one of the `embedded_…` faults. */
export async function startPostmaster(
  native: string,
  place: Place,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster> {
  const until = performance.now() + ORPHANS_GONE_WITHIN_MS
  for (;;) {
    await clearStaleFiles(place)
    const from = sizeOf(place.log)
    const server = await startOnce(native, place, settings)
    if (server !== null) return server
    const said = logFrom(place.log, from)
    // Backends of a killed server still hold its shared memory, or its pid file was just about to go.
    const passing = /pre-existing shared memory block|lock file "postmaster\.pid"|could not bind IPv4/.test(said)
    if (!passing || performance.now() > until) throw embeddedFault(said, place.home)
    await wait(20 * LOOK_AGAIN_MS)
  }
}

/** null when it exited before it was ready: the log says why. */
async function startOnce(
  native: string,
  place: Place,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster | null> {
  const listen = await listenSettings(place)
  const options = Object.entries({ ...SETTINGS, ...settings, ...listen }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ])
  const log = openSync(place.log, 'a', 0o600)
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', place.data, ...options], {
    ...runAs(place.account),
    cwd: place.run,
    env: serverEnv(),
    // Its own session: a Ctrl-C at the terminal is for the owner, who then stops the server.
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  // Before its pid file is written, only we know of it.
  const endIt = () => child.kill('SIGINT')
  process.once('exit', endIt)
  return readyOrGone(child, place).finally(() => process.off('exit', endIt))
}

async function readyOrGone(child: ChildProcess, place: Place): Promise<Postmaster | null> {
  let gone: Error | number | null = null
  child.once('error', (error) => {
    gone = cannotRun(error)
  })
  child.once('exit', (code) => {
    gone = code ?? -1
  })
  const until = performance.now() + START_WITHIN_MS
  for (;;) {
    const server = findPostmaster(place)
    if (server !== null && server.pid === child.pid && (await isReady(server))) return server
    if (typeof gone === 'number') return null
    if (gone !== null) throw gone
    if (performance.now() > until) {
      child.kill('SIGQUIT')
      throw embeddedFault(logFrom(place.log, 0), place.home)
    }
    await wait(LOOK_AGAIN_MS)
  }
}

/** A Unix socket where its path is short enough, else loopback on a free port. */
async function listenSettings(place: Place): Promise<Record<string, string>> {
  const socket = join(place.run, `.s.PGSQL.${SOCKET_PORT}`)
  if (process.platform !== 'win32' && Buffer.byteLength(socket) <= SOCKET_PATH_BYTES) {
    return {
      listen_addresses: '',
      unix_socket_directories: place.run,
      unix_socket_permissions: '0700',
      port: String(SOCKET_PORT),
    }
  }
  return { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(await freePort()) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/**
 * PostgreSQL clears a dead server's files by itself, unless their pid lives again as another program of the same user:
 * then it believes in a second server. Throws `embedded_socket_taken` when something really listens on our socket.
 */
async function clearStaleFiles(place: Place): Promise<void> {
  if (await accepts({ socketFolder: place.run, port: SOCKET_PORT })) {
    throw socketTaken(place.home, `Something listens on ${join(place.run, `.s.PGSQL.${SOCKET_PORT}`)}.`)
  }
  if (findPostmaster(place) !== null) return
  rmSync(join(place.data, 'postmaster.pid'), { force: true })
  rmSync(join(place.run, `.s.PGSQL.${SOCKET_PORT}.lock`), { force: true })
}

/** Fast shutdown: clients are cut off, everything is written. Waits until the process is gone. */
export async function stopPostmaster(place: Place): Promise<void> {
  const server = findPostmaster(place)
  if (server === null) return
  signalStop(server)
  const birth = birthOf(server.pid)
  const until = performance.now() + STOP_WITHIN_MS
  while (birth !== null && birthOf(server.pid) === birth) {
    // Immediate: what was committed is in the WAL, and the next start recovers it.
    if (performance.now() > until) process.kill(server.pid, 'SIGQUIT')
    await wait(LOOK_AGAIN_MS)
  }
}

/** Asks for a fast shutdown and does not wait. */
export function signalStop(server: Postmaster): void {
  try {
    process.kill(server.pid, 'SIGINT')
  } catch {
    // It went by itself.
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
