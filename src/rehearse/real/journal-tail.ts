import type { Entry } from '../../core/entries.js'
import { readEntries } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import type { Answer, NewEscalation, Op } from '../../core/ops.js'
import type { RunRow } from '../../core/run-row.js'
import { type NoteBody, readBody } from '../../orchestrator/bodies.js'
import type { Actor } from '../surroundings.js'

const OPS: ReadonlySet<string> = new Set(['begin', 'doubt', 'settle', 'note', 'park', 'end', 'audit'])

/** Reads what workers write, as it grows, and tells those who live by it: people, who are asked, and operators. */
export class JournalTail {
  readonly #seen = new Map<string, number>()
  readonly #asked = new Set<string>()
  runs: readonly RunRow[] = []

  constructor(
    private readonly ledger: Ledger,
    private readonly actors: readonly Actor[],
  ) {}

  /** Looks once. */
  async look(): Promise<void> {
    this.runs = await this.ledger.runs({ after: '', limit: 1_000 })
    for (const run of this.runs) {
      const seen = this.#seen.get(run.runId) ?? 0
      if (run.headSeq <= seen) continue
      const entries = await readEntries(this.ledger, run.runId, seen + 1, run.headSeq)
      this.#seen.set(run.runId, run.headSeq)
      const asked = entries.some(({ kind }) => kind === 'park' || kind === 'audit') ? await this.#questions(run) : []
      for (const entry of entries) this.#tell(entry, asked)
    }
  }

  /** Questions, or rungs of them, that nobody was told of. */
  async #questions({ runId }: RunRow): Promise<NewEscalation[]> {
    const open = await this.ledger.escalations({ runId, state: 'open' })
    return open.filter(({ id, rung }) => {
      const isNew = !this.#asked.has(`${id}/${rung}`)
      this.#asked.add(`${id}/${rung}`)
      return isNew
    })
  }

  #tell(entry: Entry, asked: NewEscalation[]): void {
    if (!OPS.has(entry.kind)) return
    const { kind, runId, fence, seq, salt, at } = entry
    const isPark = kind === 'park' || kind === 'audit'
    const op = {
      kind,
      runId,
      fence,
      seq,
      salt,
      body: entry.body ?? '',
      ...(isPark ? { escalations: asked.splice(0) } : {}),
    }
    const full = kind === 'note' ? fullMeter(entry) : null
    const ops = [op as unknown as Op, ...(full ? [{ ...op, kind: 'begin' } as unknown as Op] : [])]
    const answers: Answer[] = [{ code: 'ok', at }, ...(full ? [{ code: 'ceiling' as const, at, meter: full }] : [])]
    for (const actor of this.actors) actor.wrote?.(ops, answers)
  }
}

/** The meter that a note says had no room; null for any other note. */
function fullMeter({ body }: Entry): NonNullable<Answer['meter']> | null {
  const { about, detail } = readBody<NoteBody>(body)
  return about === 'breach' && typeof detail === 'object' ? (detail as unknown as NonNullable<Answer['meter']>) : null
}
