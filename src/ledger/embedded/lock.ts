import { rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { MidwatchError } from '../../core/errors.js'
import { lives, makeMark, readMark } from './marks.js'

const LOOK_AGAIN_MS = 10
/** Longer than the longest start, with the recovery after a crash in it. */
export const LOCK_WITHIN_MS = 300_000

/** Takes the lock at `path` if it is free, and answers with how to release it. A lock of a dead process is cleared away. */
export function tryLock(path: string): (() => void) | null {
  if (makeMark(path) !== null) return () => rmSync(path, { force: true })
  clearDead(path)
  return null
}

/**
 * Only one process may ever remove the lock of one dead holder, hence the lock named after it: were it removed by
 * whoever saw it dead, a slow second process would remove the lock of its living successor.
 */
function clearDead(path: string): void {
  const holder = readMark(path)
  if (holder === null || lives(holder)) return
  const release = tryLock(`${path}.after-${holder.nonce}`)
  if (release === null) return
  if (readMark(path)?.nonce === holder.nonce) rmSync(path, { force: true })
  release()
}

/** Waits for the lock. Throws `embedded_failed` after `timeoutMs`. */
export async function lock(path: string, timeoutMs: number): Promise<() => void> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const release = tryLock(path)
    if (release !== null) return release
    if (performance.now() > until) {
      throw new MidwatchError(
        'embedded_failed',
        `Process ${readMark(path)?.pid ?? '?'} has been starting or stopping the embedded PostgreSQL for ${timeoutMs / 1000} s; end it, or remove ${path} if it hangs.`,
      )
    }
    await wait(LOOK_AGAIN_MS)
  }
}

/** The same from an exit handler, where nothing can be awaited; null after `timeoutMs`, or when this very process holds it. */
export function lockNow(path: string, timeoutMs: number): (() => void) | null {
  const until = performance.now() + timeoutMs
  const still = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    const release = tryLock(path)
    if (release !== null || performance.now() > until || readMark(path)?.pid === process.pid) return release
    Atomics.wait(still, 0, 0, LOOK_AGAIN_MS)
  }
}
