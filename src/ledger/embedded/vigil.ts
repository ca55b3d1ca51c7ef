import { LOCK_WITHIN_MS, lock } from './lock.js'
import type { Place } from './place.js'
import { adoptPostmaster, findPostmaster, type Postmaster } from './postmaster.js'

const LOOK_EVERY_MS = 1_000
const TRY_AGAIN_MS = 5_000

/** Starts a server; the caller holds the lock. */
type Start = (place: Place, settings: Readonly<Record<string, string>>) => Promise<Postmaster>

/**
 * Looks whether the server is there, and starts it again when it was killed (by hand, for want of memory): what was
 * committed is recovered, and clients reconnect to the same address. Answers with how to call the vigil off. It keeps no
 * process alive.
 */
export function keepVigil(place: Place, settings: Readonly<Record<string, string>>, start: Start): () => void {
  let over = false
  let timer: NodeJS.Timeout
  const look = async () => {
    const well = findPostmaster(place) !== null || (await revive())
    if (!over) lookIn(well ? LOOK_EVERY_MS : TRY_AGAIN_MS)
  }
  const revive = async () => {
    const unlock = await lock(place.lock, LOCK_WITHIN_MS).catch(() => null)
    if (unlock === null) return false
    try {
      if (!over && (await adoptPostmaster(place)) === null) await start(place, settings)
      return true
    } catch {
      // Its users are told `ledger_away` meanwhile; the log says why.
      return false
    } finally {
      unlock()
    }
  }
  const lookIn = (ms: number) => {
    timer = setTimeout(() => void look(), ms).unref()
  }
  lookIn(LOOK_EVERY_MS)
  return () => {
    over = true
    clearTimeout(timer)
  }
}
