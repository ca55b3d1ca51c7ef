import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { cannotRun, runAs, serverEnv } from './cluster.js'
import { endedWithUs } from './departure.js'
import { diskIsFull, embeddedFault, logFrom, socketTaken } from './failures.js'
import type { Place } from './place.js'
import { accepts, findPostmaster, isReady, listens, type Postmaster, START_WITHIN_MS } from './postmaster.js'

const LOOK_AGAIN_MS = 5
/** Backends of a killed server notice its death soon, but not inside a long computation. */
const ORPHANS_GONE_WITHIN_MS = 20_000
const LOG_BYTES = 4_000_000
const FULL_FOR_MS = 5_000
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

/** Starts the server and waits until it is ready. Throws one of the `embedded_…` faults. */
export async function startPostmaster(
  native: string,
  place: Place,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster> {
  const until = performance.now() + ORPHANS_GONE_WITHIN_MS
  for (;;) {
    clearStaleFiles(place)
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
  const listen = await listenSettings(place, settings.port)
  keepLogShort(place)
  const from = sizeOf(place.log)
  const child = spawnServer(native, place, { ...SETTINGS, ...settings, ...listen })
  return readyOrGone(child, place, from).finally(endedWithUs(child))
}

/** A server on the data of a place, which writes to its log, and which nobody has seen ready yet. */
export function spawnServer(native: string, place: Place, settings: Readonly<Record<string, string>>): ChildProcess {
  const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
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
  return child
}

async function readyOrGone(child: ChildProcess, place: Place, from: number): Promise<Postmaster | null> {
  let gone: Error | number | null = null
  child.once('error', (error) => {
    gone = cannotRun(error)
  })
  child.once('exit', (code) => {
    gone = code ?? -1
  })
  const started = performance.now()
  for (;;) {
    const server = findPostmaster(place)
    if (server !== null && server.pid === child.pid && (await isReady(server))) return server
    if (typeof gone === 'number') return null
    if (gone !== null) throw gone
    if (hopeless(place, from, performance.now() - started)) child.kill('SIGQUIT')
    await wait(LOOK_AGAIN_MS)
  }
}

/** On a full disk the server crashes and begins anew without an end. */
function hopeless(place: Place, from: number, waitedMs: number): boolean {
  if (waitedMs > START_WITHIN_MS || (waitedMs > FULL_FOR_MS && diskIsFull(place.data))) return true
  return logFrom(place.log, from).includes('all server processes terminated; reinitializing')
}

/** A Unix socket where its path is short enough, else loopback on the port it had before, or a free one. */
async function listenSettings(place: Place, port: string | undefined): Promise<Record<string, string>> {
  const socket = join(place.run, `.s.PGSQL.${SOCKET_PORT}`)
  if (process.platform !== 'win32' && Buffer.byteLength(socket) <= SOCKET_PATH_BYTES) {
    return {
      listen_addresses: '',
      unix_socket_directories: place.run,
      unix_socket_permissions: '0700',
      port: String(SOCKET_PORT),
    }
  }
  return { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: port ?? String(await freePort()) }
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
 * Throws `embedded_socket_taken` when something that is not the server of this data listens on our socket, whether or not it
 * speaks PostgreSQL: the server would take its place without a word.
 */
export async function assertSocketFree(place: Place): Promise<void> {
  const at = { socketFolder: place.run, port: SOCKET_PORT }
  if (!(await listens(at))) return
  // Silence may be that of a process which inherited the socket of a killed server and is about to go.
  if ((await accepts(at)) || (await listens(at))) {
    throw socketTaken(place.home, `It listens on ${join(place.run, `.s.PGSQL.${SOCKET_PORT}`)}.`)
  }
}

/**
 * PostgreSQL clears a dead server's files by itself, unless their pid lives again as another program of the same user:
 * then it believes in a second server.
 */
function clearStaleFiles(place: Place): void {
  if (findPostmaster(place) !== null) return
  rmSync(join(place.data, 'postmaster.pid'), { force: true })
  rmSync(join(place.run, `.s.PGSQL.${SOCKET_PORT}.lock`), { force: true })
}

/** One old log is kept beside the present one. */
function keepLogShort(place: Place): void {
  if (sizeOf(place.log) > LOG_BYTES) renameSync(place.log, `${place.log}.1`)
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
