import { readdirSync, readFileSync } from 'node:fs'

/** Ticks a second in /proc; Linux has shown 100 to programs on every platform Node runs on. */
const TICKS_PER_SECOND = 100

/**
 * CPU time of a PostgreSQL server so far, ms: the postmaster, the children it has reaped, and those that live. Its steps are
 * 10 ms wide. null where there is no /proc.
 */
export function serverCpuMs(postmasterPid: number): number | null {
  const main = statOf(String(postmasterPid))
  if (main === null) return null
  let ticks = main.own + main.reaped
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const found = statOf(pid)
    if (found?.parent === postmasterPid) ticks += found.own
  }
  return (ticks * 1_000) / TICKS_PER_SECOND
}

/** What /proc/PID/stat says. The name in parentheses may hold anything, so the fields are counted behind it. */
function statOf(pid: string): { parent: number; own: number; reaped: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, own = 0, ownSystem = 0, reaped = 0, reapedSystem = 0] = [1, 11, 12, 13, 14].map((i) => fields[i])
    return { parent, own: own + ownSystem, reaped: reaped + reapedSystem }
  } catch {
    return null
  }
}
