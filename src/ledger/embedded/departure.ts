import type { ChildProcess } from 'node:child_process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One who must leave something before this process is gone. */
interface Guest {
  /** In time, awaited. */
  stop(): Promise<void>
  /** At the very end, when nothing can be awaited any more. */
  stopNow(): void
}

const guests = new Set<Guest>()
let leaving = false

/** Whether a signal is about to end this process: what fails now fails because of it. */
export function isLeaving(): boolean {
  return leaving
}

/** Has the guest leave when the process exits or is told to end; answers with how to call that off. */
export function atDeparture(guest: Guest): () => void {
  if (guests.size === 0) {
    process.on('exit', leaveAllNow)
    for (const signal of SIGNALS) process.on(signal, onSignal)
  }
  guests.add(guest)
  return () => {
    guests.delete(guest)
    if (guests.size === 0) {
      process.off('exit', leaveAllNow)
      for (const signal of SIGNALS) process.off(signal, onSignal)
    }
  }
}

/**
 * Where others listen for the signal too, they end the process in their own order, which may still need the server: `exit`
 * is our turn. Alone, we leave and let the signal do what it would have done without us.
 */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  leaving = true
  const all = [...guests].map((guest) => guest.stop())
  void Promise.allSettled(all).then(() => {
    for (const each of SIGNALS) process.off(each, onSignal)
    process.kill(process.pid, signal)
  })
}

function leaveAllNow(): void {
  for (const guest of guests) {
    try {
      guest.stopNow()
    } catch {
      // The process is going; the next user of the same home finds the server and adopts it.
    }
  }
}

/** Until the answer is called: a child that is still starting ends with us, since nobody else knows of it yet. */
export function endedWithUs(child: ChildProcess): () => void {
  const stopNow = () => {
    child.kill('SIGINT')
  }
  return atDeparture({ stop: async () => stopNow(), stopNow })
}
