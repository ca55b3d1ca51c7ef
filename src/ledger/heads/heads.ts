import type { Mark, Write, WriteOf } from '../../core/lives.js'
import type { Answer, Op } from '../../core/ops.js'
import { HeadsFile } from './heads-file.js'
import { foldLines, type Line } from './lines.js'

/** What a process knows of its ledger beside the ledger: where it stood, and the writes that it granted. */
export interface Known {
  readonly marks: readonly Mark[]
  readonly writes: readonly Write[]
}

/**
 * What a worker was told, kept outside of the ledger: a ledger that went back shows by it. A write is kept before it is performed,
 * a line a batch that grants any; what only reads is not kept, for it can be done again.
 */
export interface Heads {
  /** Whether anything is kept at all. */
  readonly on: boolean
  /** Who a run is whose writes may follow. */
  holds(runId: string, of: WriteOf): void
  /** What the ledger answered, before anybody acts on it. */
  applied(ops: readonly Op[], answers: readonly Answer[]): void
  mark(mark: Mark): void
  /** What this process knows, and those before it that kept theirs in the same folder. */
  known(): Known
}

/** Nothing is kept: of ledgers that cannot go back. */
export const NO_HEADS: Heads = {
  on: false,
  holds: () => undefined,
  applied: () => undefined,
  mark: () => undefined,
  known: () => ({ marks: [], writes: [] }),
}

/** Runs that are remembered by name, and writes that are not settled; a worker has far fewer at a time. */
const RUNS = 4_096
/** Lines that are kept where there is no folder. */
const LINES = 4_096

/** Heads in a folder, or, without one, in the memory of this process. */
export class KeptHeads implements Heads {
  readonly on = true
  readonly #of = new Map<string, WriteOf>()
  /** Writes that are not settled, by run and seq. */
  readonly #open = new Set<string>()
  readonly #lines: Line[] = []
  #mark: Mark | null = null

  constructor(private readonly file: HeadsFile | null) {}

  holds(runId: string, of: WriteOf): void {
    this.#of.delete(runId)
    this.#of.set(runId, of)
    const [oldest] = this.#of.keys()
    if (this.#of.size > RUNS && oldest !== undefined) this.#of.delete(oldest)
  }

  applied(ops: readonly Op[], answers: readonly Answer[]): void {
    const lines: Line[] = []
    for (let i = 0; i < ops.length; i += 1) {
      const [op, answer] = [ops[i], answers[i]]
      if (op && answer && (answer.code === 'ok' || answer.code === 'already')) this.#hear(op, answer, lines)
    }
    if (lines.length > 0) this.#keep(lines)
  }

  #hear(op: Op, { at }: Answer, lines: Line[]): void {
    if (op.kind === 'begin') {
      const of = op.effect && this.#of.get(op.runId)
      if (!of) return
      this.#open.add(placeOf(op.runId, op.seq))
      const [oldest] = this.#open
      if (this.#open.size > RUNS && oldest !== undefined) this.#open.delete(oldest)
      lines.push({ of, op, at })
    } else if (op.kind === 'settle' && this.#open.delete(placeOf(op.runId, op.ref))) {
      lines.push({ runId: op.runId, ref: op.ref, did: op.did })
    }
  }

  #keep(lines: readonly Line[]): void {
    if (this.file?.write(lines)) return
    this.#lines.push(...lines)
    this.#lines.splice(0, Math.max(0, this.#lines.length - LINES))
  }

  mark(mark: Mark): void {
    this.#mark = mark
    this.file?.mark(mark)
  }

  known(): Known {
    const kept = this.file?.read() ?? { marks: [], lines: [] }
    const marks = this.#mark === null ? kept.marks : [...kept.marks, this.#mark]
    return { marks, writes: foldLines([...kept.lines, ...this.#lines]) }
  }
}

const placeOf = (runId: string, seq: number): string => `${runId} ${seq}`

/** `folder` null: in memory alone. `ledger`: tells this ledger from others whose heads lie in the same folder. */
export function keptHeads(p: {
  readonly folder: string | null
  readonly ledger: string
  readonly alarm: (what: string) => void
}): Heads {
  return new KeptHeads(p.folder === null ? null : new HeadsFile(p.folder, p.ledger, p.alarm))
}
