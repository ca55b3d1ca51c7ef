import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ROOT, say } from './paths.mjs'

const FILE = join(ROOT, '.setup.lock')
const POLL_MS = 200

/**
 * Runs `work` while no other process of this checkout sets up. A lock left by a dead process is taken over.
 * It lies beside `node_modules`, which `npm ci` empties.
 * @template T @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function alone(work) {
  for (let told = false; !take(); told = true) {
    if (!told) say('waiting for another set-up of this checkout …')
    await pause(POLL_MS)
  }
  const release = () => rmSync(FILE, { force: true })
  process.on('exit', release)
  try {
    return await work()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

/** A hard link makes the file appear at once with its content, so that nobody reads an empty one. */
function take() {
  const mine = `${FILE}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    linkSync(mine, FILE)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    dropIfDead()
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Moves the lock aside before removing it: of two that find it dead only one can move it, and a fresh one is put back. */
function dropIfDead() {
  if (holderLives(FILE)) return
  const aside = `${FILE}.${process.pid}.dead`
  try {
    renameSync(FILE, aside)
    if (holderLives(aside)) linkSync(aside, FILE)
  } catch {
    // Released or taken over by another meanwhile: the next look tells.
  } finally {
    rmSync(aside, { force: true })
  }
}

/** @param {string} file */
function holderLives(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return true
  } catch (error) {
    // Another user's process may not be signalled, yet it lives. A file gone meanwhile belongs to nobody dead.
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    return code === 'EPERM' || code === 'ENOENT'
  }
}
