import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { endedWithUs } from './departure.js'
import { embeddedFault, noBinary, otherVersion } from './failures.js'
import { isErrno } from './marks.js'
import { type Account, give, type Place } from './place.js'

export const SUPERUSER = 'midwatch'
const MAJOR = '18'

/** Environment of the server: nothing of the caller's `PG…` settings, messages in English. */
export function serverEnv(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'TMPDIR', 'SystemRoot', 'TEMP'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
}

/** uid and gid for `spawn`, which takes them as signed numbers. */
export function runAs(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid | 0, gid: account.gid | 0 }
}

/**
 * Makes the data directory when there is none. It is made beside and renamed, so that one that was interrupted is never
 * taken for a whole one. Local connections are let in by the rights of the socket's folder, others by the password.
 * Throws `embedded_newer_data`, `embedded_disk_full`, `embedded_failed`.
 */
export async function ensureCluster(native: string, place: Place): Promise<void> {
  const version = join(place.data, 'PG_VERSION')
  if (existsSync(version)) {
    const found = readFileSync(version, 'utf8').trim()
    if (found !== MAJOR) throw otherVersion(place.home, found)
    return
  }
  const half = freshFolder(place)
  writeFileSync(place.password, randomBytes(24).toString('base64url'), { mode: 0o600 })
  give(place.password, place.account)
  const { status, said } = await initdb(native, place, half)
  if (status !== 0) {
    rmSync(half, { recursive: true, force: true })
    throw embeddedFault(said, place.home)
  }
  renameSync(half, place.data)
}

/** A new name each time, for an initdb whose owner was killed may still be writing; what earlier ones left is removed. */
function freshFolder(place: Place): string {
  const [base, prefix] = [dirname(place.data), `${basename(place.data)}.new-`]
  for (const left of readdirSync(base).filter((name) => name.startsWith(prefix))) {
    rmSync(join(base, left), { recursive: true, force: true })
  }
  const half = mkdtempSync(join(base, prefix))
  give(half, place.account)
  return half
}

async function initdb(native: string, place: Place, folder: string): Promise<{ status: number | null; said: string }> {
  const local = process.platform === 'win32' ? 'scram-sha-256' : 'trust'
  const args = ['-D', folder, '-U', SUPERUSER, '--encoding=UTF8', '--locale=C', '--no-instructions']
  args.push(`--auth-local=${local}`, '--auth-host=scram-sha-256', `--pwfile=${place.password}`)
  const child = spawn(join(native, 'bin', 'initdb'), args, {
    ...runAs(place.account),
    cwd: place.run,
    env: serverEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => said.push(part.toString('utf8')))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(cannotRun(error)))
    child.once('close', resolve)
  }).finally(endedWithUs(child))
  return { status, said: said.join('') }
}

/** A binary that is there and cannot be run was built for another system, such as one with another C library. */
export function cannotRun(error: Error): Error {
  const name = `${process.platform}-${process.arch}`
  return isErrno(error, 'ENOENT', 'ENOEXEC') ? noBinary(name, 'the installed one does not run on this system') : error
}
