import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { birthOf } from './processes.js'

/**
 * A mark says that a living process is here: `pid.birth.nonce`. It is a dangling symlink, since making one is atomic with
 * its content and needs no free block: leaving must work on a full disk too. (Windows: a plain file.)
 */
export interface Mark {
  readonly pid: number
  readonly birth: string
  /** Tells two marks of one process apart. */
  readonly nonce: string
}

/** Makes a mark of this process; null when one stands there already. */
export function makeMark(path: string): Mark | null {
  const mark = { pid: process.pid, birth: birthOf(process.pid) ?? 'unknown', nonce: randomBytes(6).toString('hex') }
  const text = `${mark.pid}.${mark.birth}.${mark.nonce}`
  try {
    if (process.platform === 'win32') writeFileSync(path, text, { flag: 'wx' })
    else symlinkSync(text, path)
    return mark
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return null
    throw error
  }
}

/** The mark at `path`, or null when there is none. */
export function readMark(path: string): Mark | null {
  try {
    const text = process.platform === 'win32' ? readFileSync(path, 'utf8') : readlinkSync(path)
    const [pid, birth, nonce] = text.split('.')
    return { pid: Number(pid), birth: birth ?? '', nonce: nonce ?? '' }
  } catch {
    return null
  }
}

export function lives(mark: Mark): boolean {
  return birthOf(mark.pid) === mark.birth
}

/** How many living processes are marked in a folder; the marks of dead ones are removed. */
export function countLiving(folder: string): number {
  let living = 0
  for (const name of readdirSync(folder)) {
    const mark = readMark(join(folder, name))
    if (mark === null) continue
    if (lives(mark)) living += 1
    else rmSync(join(folder, name), { force: true })
  }
  return living
}

export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes(String((error as NodeJS.ErrnoException).code))
}
