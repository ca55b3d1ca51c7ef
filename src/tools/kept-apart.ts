import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

let taskset: string | null | undefined

/**
 * The command through which a process is started that keeps off half of the processors, whatever it and its threads do; empty
 * where there is but one processor, or no `taskset`. Priority alone does not keep them free: on Linux a process of the lowest
 * priority keeps its processor to the end of its slice (some 4 ms) before one that wakes up gets it. It holds from birth on:
 * loading comes first of all, and is most of what many a call costs.
 */
export function throughLastHalf(): readonly string[] {
  const list = lastHalf()
  if (list === null) return []
  if (taskset === undefined) taskset = workingTaskset(list)
  return taskset === null ? [] : [taskset, '-c', list]
}

/** By its path, for a process may be given another PATH; tried once, since a sandbox may forbid what it does. */
function workingTaskset(list: string): string | null {
  const folders = (process.env.PATH ?? '/usr/bin').split(delimiter)
  const path = folders.map((folder) => join(folder, 'taskset')).find((file) => existsSync(file))
  if (path === undefined) return null
  return spawnSync(path, ['-c', list, process.execPath, '--version'], { stdio: 'ignore' }).status === 0 ? path : null
}

function lastHalf(): string | null {
  if (process.platform !== 'linux') return null
  try {
    const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    const all = processorsIn(allowed ?? '')
    return all.length < 2 ? null : all.slice(Math.ceil(all.length / 2)).join(',')
  } catch {
    return null
  }
}

/** `0-2,5` → 0, 1, 2, 5: a list as the kernel writes it. */
export function processorsIn(list: string): number[] {
  return list
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
    })
}
