import { readdirSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const LOWEST = constants.priority.PRIORITY_LOW
/** Before what acts already, that it may begin at all, and behind everything else. */
const LOADING = constants.priority.PRIORITY_BELOW_NORMAL

/**
 * Whatever this process does to a processor, those who wait for others go first. On Linux a priority belongs to a thread, and
 * holds only among the processes of one session; another session, which is what a child in a group of its own has, is weighed
 * as a whole by its autogroup (sched(7)). So each thread is put last, and the session with them.
 */
export function putLast(pid: number): void {
  setAll(pid, LOWEST)
}

/** The same for one that still loads its module. */
export function putNearlyLast(pid: number): void {
  setAll(pid, LOADING)
}

function setAll(pid: number, priority: number): void {
  for (const task of tasksOf(pid)) attempt(() => setPriority(task, priority))
  if (process.platform === 'linux') weighSession(pid, priority)
}

/** What sessions are still to weigh, where Linux did not take it yet. */
const owed = new Map<number, number>()
/** Of whoever is not root it takes one such wish in 100 ms, for the whole machine (EAGAIN). */
const AGAIN_MS = 110

/** Again until it is taken; what is asked for last counts. `write` as `writeFileSync`. */
export function weighSession(
  pid: number,
  priority: number,
  write: (file: string, text: string) => void = writeFileSync,
): void {
  const isWaiting = owed.has(pid)
  owed.set(pid, priority)
  if (!isWaiting) weigh(pid, write)
}

function weigh(pid: number, write: (file: string, text: string) => void): void {
  try {
    write(`/proc/${pid}/autogroup`, String(owed.get(pid)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
      setTimeout(() => weigh(pid, write), AGAIN_MS).unref()
      return
    }
  }
  owed.delete(pid)
}

/** Those that it has so far: others take over the priority of the one that starts them. */
function tasksOf(pid: number): number[] {
  if (process.platform !== 'linux') return [pid]
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}

/** It may be gone already, or this system has no such thing. */
function attempt(set: () => void): void {
  try {
    set()
  } catch {}
}
