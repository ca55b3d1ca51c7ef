import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Whatever this process and its threads do, half of the processors stay without it. Priority alone does not do that: on
 * Linux a process of the lowest priority keeps its processor to the end of its slice (some 4 ms) before one that wakes up
 * gets it. Where there is but one processor, or no `taskset`, nothing is done.
 */
export function keepApart(pid: number): void {
  const list = lastHalf()
  if (list === null) return
  const set = spawn('taskset', ['-a', '-c', '-p', list, String(pid)], { stdio: 'ignore' })
  // It may be gone already, or this system has no such command.
  set.on('error', () => undefined)
  set.unref()
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
