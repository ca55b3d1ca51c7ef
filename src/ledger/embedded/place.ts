import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { copyBinaries, findBinaries, linkLibraries, openToAll } from './binaries.js'
import { isErrno } from './marks.js'

/** PostgreSQL refuses to run as root, so root runs it as `nobody`: 65534, on macOS -2. */
const NOBODY = process.platform === 'darwin' ? 0xfffffffe : 65_534
/** Where root keeps what `nobody` could not reach below `home`. Not a temporary folder: those are swept by age. */
const ROOTS_FOLDER = '/var/lib/midwatch'

/** The user that the server runs as, where it is not the caller. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Where the parts of one embedded PostgreSQL lie. */
export interface Place {
  /** As the caller chose it. */
  readonly home: string
  readonly data: string
  /** Holds the Unix socket; only the server's user enters it. */
  readonly run: string
  readonly log: string
  readonly password: string
  readonly lock: string
  /** One mark for each living user of the server. */
  readonly users: string
  readonly account: Account | null
}

/**
 * All parts lie in `home`, except where root runs it and others cannot enter `home` (a folder such as `/root` above it):
 * then they lie in `/var/lib/midwatch/<hash of home's path>`, and `home` holds a note that says so. Where data exists
 * already it stays where it is.
 */
export function findPlace(chosen: string): Place {
  mkdirSync(resolve(chosen), { recursive: true, mode: 0o755 })
  const home = realpathSync(chosen)
  if (process.getuid?.() !== 0) return layOut(home, home, null)
  const away = join(ROOTS_FOLDER, createHash('sha256').update(home).digest('hex').slice(0, 12))
  if (existsSync(join(away, 'data')) || (!existsSync(join(home, 'data')) && !openToAll(home))) {
    mkdirSync(away, { recursive: true, mode: 0o755 })
    writeFileSync(join(home, 'DATA_LIES_ELSEWHERE.txt'), `${noteOf(home, away)}\n`)
    return layOut(home, away, accountOf(join(away, 'data')))
  }
  if (!openToAll(home)) {
    throw new MidwatchError(
      'embedded_failed',
      `The data in ${home} cannot be reached by the user the server runs as; let others enter each folder on the way to it (chmod o+x), or choose another home.`,
    )
  }
  return layOut(home, home, accountOf(join(home, 'data')))
}

function noteOf(home: string, away: string): string {
  return `Root runs the embedded PostgreSQL as another user, who cannot enter ${home}. Its data lies in ${away}.`
}

/** Existing data is served by whoever owns it. */
function accountOf(data: string): Account {
  if (!existsSync(data)) return { uid: NOBODY, gid: NOBODY }
  const { uid, gid } = statSync(data)
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid }
}

function layOut(home: string, base: string, account: Account | null): Place {
  const part = (name: string) => join(base, name)
  const place = {
    home,
    data: part('data'),
    run: part('run'),
    log: part('postgres.log'),
    password: part('password'),
    lock: part('lock'),
    users: part('users'),
    account,
  }
  mkdirSync(place.users, { recursive: true })
  mkdirSync(place.run, { recursive: true, mode: 0o700 })
  give(place.run, account)
  return place
}

/** Makes the server's user the owner of a path. */
export function give(path: string, account: Account | null): void {
  if (account === null) return
  chmodSync(path, statSync(path).mode & 0o700)
  chownSync(path, account.uid, account.gid)
}

/** The folder of the binaries that the server's user can run: in place, else a copy. Throws `embedded_no_binary`. */
export function placeBinaries(place: Place): string {
  const found = findBinaries()
  if (place.account !== null && !openToAll(join(found.native, 'bin', 'postgres')))
    return copyBinaries(found, ROOTS_FOLDER)
  try {
    linkLibraries(found.native)
    return found.native
  } catch (error) {
    // Installed by somebody else, without its links.
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error
    return copyBinaries(found, place.account === null ? place.home : ROOTS_FOLDER)
  }
}
