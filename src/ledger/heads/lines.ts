import type { Settlement } from '../../core/entries.js'
import type { Write } from '../../core/lives.js'

/** A write that was granted. */
type Granted = Omit<Write, 'did'>

/** What became of one. */
interface Settled {
  readonly runId: string
  readonly ref: number
  readonly did: Settlement
}

/** A line of what is kept. */
export type Line = Granted | Settled

/** The line that a text is; null for one that was cut off when its writer died. */
export function lineOf(text: string): Line | null {
  try {
    const line = JSON.parse(text) as Partial<Granted & Settled>
    return line.op !== undefined || line.did !== undefined ? (line as Line) : null
  } catch {
    return null
  }
}

/**
 * Writes with what became of them. What is known not to have acted can be done again, and is left out. The same run and seq may
 * have been granted in two lives of the ledger: a settlement is of the later one.
 */
export function foldLines(lines: readonly Line[]): Write[] {
  const writes = new Map<string, Write>()
  const latest = new Map<string, string>()
  for (const line of lines) {
    if ('op' in line) {
      const { runId, seq, salt } = line.op
      writes.set(`${runId} ${seq} ${salt}`, { ...line, did: null })
      latest.set(`${runId} ${seq}`, salt)
      continue
    }
    const place = `${line.runId} ${line.ref} ${latest.get(`${line.runId} ${line.ref}`)}`
    const write = writes.get(place)
    if (write && line.did === 'performed') writes.set(place, { ...write, did: line.did })
    else writes.delete(place)
  }
  return [...writes.values()]
}
