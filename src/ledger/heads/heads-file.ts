import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { LIMITS } from '../../core/limits.js'
import type { Mark } from '../../core/lives.js'
import { type Line, lineOf } from './lines.js'

/**
 * The heads of one process: a small file with its last mark, and its last writes, a line each, in two files of which the older one
 * goes. They are handed to the system and not synced: they outlive the process, not a power cut of its machine.
 */
export class HeadsFile {
  readonly #name: string
  #writes: number | null = null
  #bytes = 0
  #failed = false

  constructor(
    private readonly folder: string,
    private readonly ledger: string,
    private readonly alarm: (what: string) => void,
  ) {
    this.#name = join(folder, `${ledger}-${process.pid}-${randomBytes(4).toString('hex')}`)
  }

  /** False when nothing can be kept here. */
  write(lines: readonly Line[]): boolean {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    return this.#try(() => {
      this.#writes ??= this.#open()
      this.#bytes += writeSync(this.#writes, text)
      if (this.#bytes > LIMITS.heads_bytes) this.#turn()
    })
  }

  mark(mark: Mark): void {
    this.#try(() => {
      this.#makeFolder()
      writeFileSync(`${this.#name}.new`, JSON.stringify(mark), { mode: 0o600 })
      renameSync(`${this.#name}.new`, `${this.#name}.mark`)
    })
  }

  /** What lies in the folder of this ledger, the oldest first; what nobody has added to for long is removed. */
  read(): { readonly marks: readonly Mark[]; readonly lines: readonly Line[] } {
    const marks: Mark[] = []
    const lines: Line[] = []
    for (const path of this.#files()) {
      const text = readFileSync(path, 'utf8')
      if (path.endsWith('.mark')) marks.push(...markIn(text))
      else lines.push(...text.split('\n').flatMap((one) => lineOf(one) ?? []))
    }
    return { marks, lines }
  }

  #files(): string[] {
    if (!existsSync(this.folder)) return []
    const kept: { readonly path: string; readonly at: number; readonly size: number }[] = []
    for (const name of readdirSync(this.folder)) {
      if (!name.startsWith(`${this.ledger}-`) || name.endsWith('.new')) continue
      const path = join(this.folder, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat === undefined) continue
      const { mtimeMs: at, size } = stat
      if (Date.now() - at > LIMITS.heads_kept_ms) rmSync(path, { force: true })
      else kept.push({ path, at, size })
    }
    let bytes = 0
    const newest = kept
      .sort((a, b) => b.at - a.at)
      .filter(({ size }) => {
        bytes += size
        return bytes <= LIMITS.heads_read_bytes
      })
    return newest.reverse().map(({ path }) => path)
  }

  #open(): number {
    this.#makeFolder()
    this.#bytes = 0
    return openSync(`${this.#name}.writes`, 'a', 0o600)
  }

  #turn(): void {
    if (this.#writes !== null) closeSync(this.#writes)
    this.#writes = null
    renameSync(`${this.#name}.writes`, `${this.#name}.before`)
  }

  #makeFolder(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
  }

  /** A folder that cannot be written must keep nobody from working: it is told once. */
  #try(work: () => void): boolean {
    if (this.#failed) return false
    try {
      work()
      return true
    } catch (error) {
      this.#failed = true
      const why = error instanceof Error ? error.message : String(error)
      this.alarm(`Heads are kept in memory alone, a restart forgets them: ${why}`)
      return false
    }
  }
}

function markIn(text: string): Mark[] {
  try {
    return [JSON.parse(text) as Mark]
  } catch {
    return []
  }
}
