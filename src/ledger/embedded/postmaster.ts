import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SUPERUSER } from './cluster.js'
import { embeddedFault } from './failures.js'
import { isErrno } from './marks.js'
import type { Place } from './place.js'
import { birthOf, servesData } from './processes.js'

const LOOK_AGAIN_MS = 5
/** Recovery after a crash reads the WAL since the last checkpoint: with max_wal_size below, well within this. */
export const START_WITHIN_MS = 180_000
const STOP_WITHIN_MS = 60_000

const ANSWER_WITHIN_MS = 2_000
/** Length 8 and the code 1234 5679, big-endian: answered by one byte, before any log line or authentication. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

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

/** The setting that has it come back at the same address: clients know it by that. A Unix socket has only one. */
export function portOf(server: Postmaster): Record<string, string> {
  return server.socketFolder === '' ? { port: String(server.port) } : {}
}

/** Ready means that the pid file says so *and* that the server accepts. */
export async function isReady(server: Postmaster | null): Promise<boolean> {
  if (server?.status !== 'ready') return false
  return accepts(server)
}

/**
 * Whether a server answers there. It is asked whether it speaks TLS: connecting alone proves only that a socket exists, the
 * answer takes a living postmaster that forks a backend.
 */
export function accepts({ socketFolder, port }: Pick<Postmaster, 'socketFolder' | 'port'>): Promise<boolean> {
  const socket = socketFolder === '' ? connect(port, '127.0.0.1') : connect(join(socketFolder, `.s.PGSQL.${port}`))
  return new Promise<boolean>((resolve) => {
    socket.setTimeout(ANSWER_WITHIN_MS, () => resolve(false))
    socket.once('connect', () => socket.write(SSL_REQUEST))
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false)).once('close', () => resolve(false))
  }).finally(() => socket.destroy())
}

/** Whether anything at all listens there. A socket that was left behind refuses. */
export function listens({ socketFolder, port }: Pick<Postmaster, 'socketFolder' | 'port'>): Promise<boolean> {
  const socket = connect(join(socketFolder, `.s.PGSQL.${port}`))
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    // Refused for want of room in its queue.
    socket.once('error', (error) => resolve(isErrno(error, 'EAGAIN')))
  }).finally(() => socket.destroy())
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
