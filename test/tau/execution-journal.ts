import { canonical } from '../../src/core/json.js'
import type { Call } from './outside-data.js'

/** One time that a write tool really ran, as the tool itself noted it. */
export interface Execution extends Call {
  readonly runId: string
  /** The idempotency key it was called under. */
  readonly key: string
  /** What the shop refused with; null when the write took place. */
  readonly refused: string | null
  readonly result: unknown
}

/** What the tools did, noted by them alone: append-only, outside the ledger. It is the witness; the end state proves nothing. */
export class ExecutionJournal {
  private readonly byRun = new Map<string, Execution[]>()

  append(execution: Execution): void {
    const { runId } = execution
    this.byRun.set(runId, [...this.of(runId), execution])
  }

  get all(): readonly Execution[] {
    return [...this.byRun.values()].flat()
  }

  of(runId: string): readonly Execution[] {
    return this.byRun.get(runId) ?? []
  }

  /** The write that took place under this key. */
  under(runId: string, key: string): Execution | undefined {
    return this.of(runId).find((execution) => execution.key === key && execution.refused === null)
  }
}

/** A call and its fate as one text, so that multisets can be compared. */
export function callText({ tool, args }: Call, refused: string | null): string {
  return `${tool} ${canonical(args)}${refused === null ? '' : ` → ${refused}`}`
}
