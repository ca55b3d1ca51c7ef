import { readFileSync } from 'node:fs'

/** Whether a process is there and runs: one that has ended and that nobody has asked about yet does not. */
export function lives(pid: number | undefined): boolean {
  if (!pid) return false
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch (error) {
    // Where there is no /proc, to be there is all that can be known.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux'
  }
}
