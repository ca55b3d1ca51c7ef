import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** One effect in the world, in the order in which they happened. */
export interface Seen {
  readonly run: string
  readonly step: number
  /** Its key, where the caller gave one: the world does what it has done under a key no second time. */
  readonly key: string | null
  /** Wall clock, ms: processes that follow each other tell of it. */
  readonly at: number
}

/** What the effects themselves wrote down, each at once and for good: it outlives whoever made them. */
export class Witness {
  constructor(readonly file: string) {}

  write({ run, step, key, at }: Seen): void {
    appendFileSync(this.file, `${[run, step, key ?? '', at].join('\t')}\n`)
  }

  read(): Seen[] {
    if (!existsSync(this.file)) return []
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => {
      const [run = '', step, key, at] = line.split('\t')
      return { run, step: Number(step), key: key === '' || key === undefined ? null : key, at: Number(at) }
    })
  }
}

/** What became of one run that was killed within a step. */
export interface Crash {
  /** Calls of that step made after the kill. */
  readonly again: number
  /** Those of them that the world could not know for repeats: without a key that it has seen. */
  readonly duplicates: number
  /** From the kill to the first effect of the run after it, ms; null: there was none. */
  readonly firstMs: number | null
}

/** Reads the fate of a run that was killed within the first call of a step. */
export function crashOf(seen: readonly Seen[], run: string, step: number): Crash {
  const own = seen.filter((one) => one.run === run)
  const fatal = own.findIndex((one) => one.step === step)
  const killed = own[fatal]
  if (!killed) throw new Error(`Run ${run} never came to step ${step}.`)
  const after = own.slice(fatal + 1)
  const again = after.filter((one) => one.step === step)
  const first = after[0]
  return {
    again: again.length,
    duplicates: again.filter((one) => one.key === null || one.key !== killed.key).length,
    firstMs: first ? first.at - killed.at : null,
  }
}
