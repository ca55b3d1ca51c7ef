import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import type { Clock } from '../../core/time.js'
import { type NoteBody, readBody } from '../../runtime/operator.js'
import { many, shortId } from '../words.js'

const LOOK_MS = 250
/** So many of the newest runs that wait are tried at once when the code has changed; the others when they become due. */
const TRIED_RUNS = 200
/** After so long it is told how many were adopted, though some were not looked at. */
const TOLD_AFTER_MS = 5_000
/** A mismatch is noted among the last entries before the run parks. */
const LAST_ENTRIES = 4

/**
 * Runs that were left by other code. Those that wait are woken, so that their replay says now whether the new code fits them,
 * and not in four hours when somebody answers; each that does not fit is told in a loud line, once.
 */
export class Adoption {
  #left = new Map<string, RunRow>()
  readonly #told = new Set<string>()

  constructor(
    private readonly p: {
      readonly ledger: Ledger
      readonly clock: Clock
      readonly serves: ReadonlySet<string>
      readonly tell: (line: string) => void
    },
  ) {}

  /** What waits before this code looks at anything. */
  async note(): Promise<void> {
    this.#left = new Map((await this.#waiting()).map((run) => [run.runId, run]))
  }

  /** Wakes what was noted, then watches until it is told to stop. */
  async tryAll(stop: AbortSignal): Promise<void> {
    const { ledger, clock } = this.p
    const until = clock.monotonic() + TOLD_AFTER_MS
    let open = this.#left.size > 0
    // Misfits come up by themselves: a worker looks at each once when it starts.
    for (const run of this.#left.values()) if (!isMisfit(run)) await ledger.wake({ runId: run.runId })
    while (!stop.aborted) {
      // A ledger that is away comes back; the worker says so.
      const waiting = await this.#waiting().catch(() => null)
      if (waiting !== null) {
        for (const run of waiting) if (isMisfit(run) && this.#wasLooked(run)) await this.#tellMisfit(run)
        const pending = waiting.filter((run) => this.#left.has(run.runId) && !this.#wasLooked(run)).length
        if (open && (pending === 0 || clock.monotonic() > until)) {
          open = false
          this.#tellAdopted(waiting, pending)
        }
      }
      await clock.sleep(LOOK_MS, stop)
    }
  }

  async #waiting(): Promise<RunRow[]> {
    const runs = await this.p.ledger.runs({ states: ['waiting'], limit: TRIED_RUNS })
    return runs.filter(({ agent }) => this.p.serves.has(agent))
  }

  /** Each claim raises the fence. A run that was not there before has been claimed by this code alone. */
  #wasLooked(run: RunRow): boolean {
    const before = this.#left.get(run.runId)
    return before === undefined || run.fence > before.fence
  }

  #tellAdopted(waiting: readonly RunRow[], pending: number): void {
    const misfits = new Set(waiting.filter(isMisfit).map(({ runId }) => runId))
    const adopted = [...this.#left.keys()].filter((runId) => !misfits.has(runId)).length - pending
    if (adopted > 0)
      this.p.tell(`Adopted ${many(adopted, 'run')} that waited: their replay matches the code as it is now.`)
  }

  async #tellMisfit(run: RunRow): Promise<void> {
    if (this.#told.has(run.runId)) return
    this.#told.add(run.runId)
    const { ledger, tell } = this.p
    const from = Math.max(1, run.headSeq - LAST_ENTRIES)
    const entries = await ledger.journal({ runId: run.runId, from, limit: LAST_ENTRIES + 1 }).catch(() => [])
    const notes = entries.map(({ body }) => readBody<NoteBody>(body)).filter(({ about }) => about === 'mismatch')
    tell(misfitLine(run, notes.at(-1)?.detail))
  }
}

const isMisfit = ({ waits }: RunRow): boolean => (waits ?? '').startsWith('mismatch:')

function misfitLine(run: RunRow, detail: unknown): string {
  const { asked = [] } = (detail ?? {}) as { readonly asked?: readonly string[] }
  const step = (run.waits ?? '').slice('mismatch:'.length)
  const instead = asked.length > 0 ? `asks for ${asked.join(', ')}` : 'does not ask for it'
  const id = shortId(run.runId)
  return [
    `!!! DOES NOT FIT: run ${id} of ${run.agent}@${run.version}. Its journal goes on with ${step}; the code as it is now ${instead}.`,
    `    It is parked, and nothing was done. Undo the change and save, and it goes on; or end it: npx midwatch cancel ${id}`,
  ].join('\n')
}
