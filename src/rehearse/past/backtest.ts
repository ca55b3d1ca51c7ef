import type { JsonValue } from '../../core/json.js'
import type { EpochMs } from '../../core/time.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { AnyStartable } from '../scenario.js'
import { type Moment, type MomentSort, momentsOf } from './moments.js'
import type { Recording } from './recording.js'
import { ruledNow } from './ruled-now.js'
import { ruledThen } from './ruled-then.js'
import { differ, type Ruling } from './ruling.js'

/** One judged moment of a recorded run, then and now. JSON. */
export interface Rejudged {
  readonly runId: string
  readonly version: number
  readonly step: string
  readonly sort: MomentSort
  readonly seq: number
  readonly at: EpochMs
  readonly tool: string | null
  readonly input: JsonValue
  readonly then: Ruling
  /** null: it cannot be said (`why`). */
  readonly now: Ruling | null
  readonly why?: 'erased' | 'no_arguments'
  /** The first of its run that changed: had it been so, the run would have gone on otherwise from here. */
  readonly first?: boolean
}

/** What a changed policy makes of what was recorded. JSON. */
export interface Backtest {
  readonly agent: string
  readonly version: number
  readonly runs: number
  readonly judged: number
  /** How often each verdict became which. */
  readonly verdicts: readonly { readonly then: string; readonly now: string; readonly times: number }[]
  readonly changed: readonly Rejudged[]
  /** Moments whose arguments the journal does not hold. */
  readonly unknown: readonly Rejudged[]
  /** Runs with erased bodies: refusals among them are not even known to have been. */
  readonly erased: readonly string[]
  /** Ceilings that were not judged, for nothing was counted there: how often they would have been asked. */
  readonly unjudged: readonly { readonly ceiling: string; readonly times: number }[]
}

/**
 * Judges every recorded proposal again, under the policy that an agent has now. Each is judged by the facts that the
 * journal held at that moment; nothing is performed, and no run is taken to have gone on otherwise.
 */
export async function backtest(
  agent: AnyStartable,
  runs: Iterable<Recording> | AsyncIterable<Recording>,
): Promise<Backtest> {
  const tally = new Tally(agent.definition)
  for await (const recording of runs) {
    if (recording.run.agent === agent.name) await tally.add(recording)
  }
  return tally.result()
}

class Tally {
  #runs = 0
  #judged = 0
  readonly #changed: Rejudged[] = []
  readonly #unknown: Rejudged[] = []
  readonly #erased: string[] = []
  readonly #verdicts = new Map<string, number>()
  readonly #unjudged = new Map<string, number>()

  constructor(private readonly definition: Definition) {}

  async add(recording: Recording): Promise<void> {
    const { run, entries } = recording
    this.#runs += 1
    if (entries.some(({ kind, body }) => body === null && (kind === 'begin' || kind === 'note'))) {
      this.#erased.push(run.runId)
    }
    let first = true
    for (const moment of momentsOf(recording)) {
      if (await this.#judge(recording, moment, first)) first = false
    }
  }

  /** True where the verdict changed. */
  async #judge(recording: Recording, moment: Moment, first: boolean): Promise<boolean> {
    const then = ruledThen(recording, moment)
    const ruled = await ruledNow(this.definition, recording, moment)
    const base = { ...aboutOf(recording, moment), then }
    if (!ruled.known) {
      this.#unknown.push({ ...base, now: null, why: ruled.why })
      return false
    }
    const { ruling, unknown } = ruled
    // What a flow does where there is no room stands in its code: it ended, or looked at the refusal and went on.
    const now = this.definition.kind === 'flow' && then.rule === ruling.rule ? then : ruling
    this.#judged += 1
    count(this.#verdicts, `${then.verdict} ${now.verdict}`)
    for (const { scope, meter, per } of unknown) count(this.#unjudged, `${scope}.${meter} per ${per}`)
    if (!differ(then, now)) return false
    this.#changed.push({ ...base, now, ...(first ? { first } : {}) })
    return true
  }

  result(): Backtest {
    const { name: agent, version } = this.definition
    const verdicts = [...this.#verdicts].map(([pair, times]) => {
      const [then = '', now = ''] = pair.split(' ')
      return { then, now, times }
    })
    return {
      agent,
      version,
      runs: this.#runs,
      judged: this.#judged,
      verdicts,
      changed: this.#changed,
      unknown: this.#unknown,
      erased: this.#erased,
      unjudged: [...this.#unjudged].map(([ceiling, times]) => ({ ceiling, times })),
    }
  }
}

function aboutOf({ run }: Recording, { step, sort, entry, tool, input }: Moment) {
  const { runId, version } = run
  return { runId, version, step, sort, seq: entry.seq, at: entry.at, tool, input: input ?? null }
}

function count(tally: Map<string, number>, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1)
}
