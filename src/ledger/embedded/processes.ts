import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * When a process was born, as opaque text; null when it is gone (a zombie is gone). A pid is used again one day, a pid
 * with its birth is not.
 */
export function birthOf(pid: number): string | null {
  if (process.platform === 'linux') return birthInProc(pid)
  if (process.platform === 'win32') return signalReaches(pid) ? 'alive' : null
  const found = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
  return found === '' || found.startsWith('Z') ? null : found.replace(/^\S+\s+/, '').replace(/\W+/g, '-')
}

function birthInProc(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the program's name in brackets, and may hold anything: the rest begins after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return null
  const boot = readOrNull('/proc/sys/kernel/random/boot_id') ?? ''
  return `${boot.slice(0, 8)}-${fields[19]}`
}

/** Whether `pid` is the server of that data directory: after a crash its number may belong to any other program. */
export function servesData(pid: number, data: string): boolean {
  if (birthOf(pid) === null) return false
  if (process.platform === 'win32') return true
  if (process.platform === 'linux') return (readOrNull(`/proc/${pid}/cmdline`) ?? '').split('\0').includes(data)
  return (spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '').includes(
    data,
  )
}

function signalReaches(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
