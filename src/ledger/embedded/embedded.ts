import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCluster } from './cluster.js'
import { atDeparture, isLeaving } from './departure.js'
import { embeddedFault } from './failures.js'
import { LOCK_WITHIN_MS, lock, lockNow } from './lock.js'
import { countLiving, makeMark } from './marks.js'
import { findPlace, type Place, placeBinaries } from './place.js'
import {
  adoptPostmaster,
  findPostmaster,
  type Postmaster,
  portOf,
  signalStop,
  stopPostmaster,
  urlOf,
} from './postmaster.js'
import { assertSocketFree, startPostmaster } from './startup.js'
import { keepVigil } from './vigil.js'

const LOCK_AT_EXIT_WITHIN_MS = 2_000
let entered = 0

/** A use of the embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** Connection string of its superuser, for `pg` and libpq: over a Unix socket where its path is short enough. */
  readonly url: string
  /** It ran already: started by another process, or left behind by one that was killed. */
  readonly adopted: boolean
  /** Ends this use. The last living user, of any process, shuts the server down and waits until it is gone. */
  stop(): Promise<void>
}

/**
 * Starts or adopts a real PostgreSQL with its data under `home`, shared by all processes of this machine that name the same
 * home, and started again by them should it be killed. A process that exits, or dies by SIGINT, SIGTERM or SIGHUP, ends its uses by itself; after a SIGKILL the server
 * lives on until its next user leaves. `settings` are server settings (`name: value`), used by the one who starts it.
 *
 * Throws `embedded_no_binary`, `embedded_disk_full`, `embedded_socket_taken`, `embedded_newer_data`, `embedded_failed`.
 */
export async function embeddedPostgres(p: {
  readonly home: string
  readonly settings?: Readonly<Record<string, string>>
}): Promise<EmbeddedPostgres> {
  try {
    const place = findPlace(p.home)
    const unlock = await lock(place.lock, LOCK_WITHIN_MS)
    try {
      return await enter(place, p.settings ?? {})
    } finally {
      unlock()
    }
  } catch (error) {
    // Nobody hears it any more; an error now would hide the signal.
    if (isLeaving()) await new Promise(() => {})
    throw embeddedFault('', p.home, error)
  }
}

/**
 * Under the lock: nobody else starts, stops or leaves meanwhile. The use is entered before the server is started, so that
 * a process that is ended in between leaves none behind.
 */
async function enter(place: Place, settings: Readonly<Record<string, string>>): Promise<EmbeddedPostgres> {
  entered += 1
  const mark = join(place.users, `${process.pid}-${entered}`)
  rmSync(mark, { force: true })
  makeMark(mark)
  let leaving: Promise<void> | null = null
  let callOffVigil = () => {}
  const stop = () => {
    callOffVigil()
    leaving ??= leave(place, mark).finally(forget)
    return leaving
  }
  const forget = atDeparture({ stop, stopNow: () => leaveNow(place, mark) })
  try {
    const found = await adoptPostmaster(place)
    const server = found ?? (await start(place, settings))
    callOffVigil = keepVigil(place, { ...settings, ...portOf(server) }, start)
    return { url: urlOf(place, server), adopted: found !== null, stop }
  } catch (error) {
    rmSync(mark, { force: true })
    forget()
    throw error
  }
}

async function start(place: Place, settings: Readonly<Record<string, string>>): Promise<Postmaster> {
  await assertSocketFree(place)
  const native = placeBinaries(place)
  await ensureCluster(native, place)
  return startPostmaster(native, place, settings)
}

async function leave(place: Place, mark: string): Promise<void> {
  const unlock = await lock(place.lock, LOCK_WITHIN_MS)
  try {
    rmSync(mark, { force: true })
    if (countLiving(place.users) === 0) await stopPostmaster(place)
  } finally {
    unlock()
  }
}

/** From an exit handler: the server is told to stop and finishes on its own. */
function leaveNow(place: Place, mark: string): void {
  const unlock = lockNow(place.lock, LOCK_AT_EXIT_WITHIN_MS)
  rmSync(mark, { force: true })
  const server = countLiving(place.users) === 0 ? findPostmaster(place) : null
  if (server !== null) signalStop(server)
  unlock?.()
}
