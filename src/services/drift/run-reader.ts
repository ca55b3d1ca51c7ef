import type { Entry } from '../../core/entries.js'
import type { Ledger } from '../../core/ledger.js'
import { ownerOf } from '../../core/owner.js'
import type { RunRow } from '../../core/run-row.js'
import type { RunCame } from '../../govern/drift/run-tally.js'
import { type NoteBody, readBody } from '../../orchestrator/bodies.js'

/** Entries read at once: a journal may be long, and what is known of it is always little. */
const PAGE = 200
/** Model calls from which on a slope is one. */
const CALLS_FOR_SLOPE = 3

/** Reads what an ended run came to from its journal, page by page. */
export async function readRun(ledger: Pick<Ledger, 'journal'>, run: RunRow): Promise<RunCame> {
  const reader = new RunReader()
  for (let from = 1; ; ) {
    const entries = await ledger.journal({ runId: run.runId, from, limit: PAGE })
    for (const entry of entries) reader.hear(entry)
    if (entries.length < PAGE) return reader.tell(run)
    from = (entries.at(-1)?.seq ?? from) + 1
  }
}

/** What a begin set aside on the run's own meters, as long as it is open. */
type Held = ReadonlyMap<string, { readonly place: number; readonly amount: number }>

/** Sums up one journal, entry by entry, and keeps only sums. */
class RunReader {
  readonly #open = new Map<number, Held>()
  readonly #used: Record<string, number> = {}
  readonly #signals: Record<string, number> = {}
  #steps = 0
  #attempts = 0
  #refusals = 0
  #escalations = 0
  #isErased = false
  /** Sizes of prompts: the first, the last, how many. */
  #prompts: { first: number; last: number; count: number } = { first: 0, last: 0, count: 0 }

  hear(entry: Entry): void {
    if (entry.kind === 'begin') this.#begin(entry)
    else if (entry.kind === 'settle') this.#settle(entry)
    else if (entry.kind === 'note') this.#note(entry)
  }

  tell(run: RunRow): RunCame {
    const of = (meter: string) => this.#used[meter] ?? 0
    const { first, last, count } = this.#prompts
    return {
      outcome: run.outcome ?? 'failed',
      // Of what failed before there were owners the code tells.
      owner: run.outcome === 'failed' ? (run.owner ?? ownerOf(run.detail ?? '')) : null,
      isContinued: run.continuedAs !== null,
      tokens: of('input_tokens') + of('output_tokens'),
      reasoningTokens: of('reasoning_tokens'),
      usdMicros: of('usd'),
      activeMs: of('active'),
      latencyMs: Math.max(0, (run.endedAt ?? run.createdAt) - run.createdAt),
      ...{ steps: this.#steps, attempts: this.#attempts, refusals: this.#refusals, escalations: this.#escalations },
      signals: this.#signals,
      contextSlope: count < CALLS_FOR_SLOPE ? null : (last - first) / (count - 1),
      isErased: this.#isErased,
    }
  }

  #begin({ seq, facts, body }: Entry): void {
    this.#attempts += 1
    if ((facts.attempt ?? 1) === 1) this.#steps += 1
    if (body === null) this.#isErased = true
    const held = new Map<string, { place: number; amount: number }>()
    for (const [place, { at, meter, amount }] of (facts.charges ?? []).entries()) {
      if (at === 'run') held.set(meter, { place, amount })
    }
    this.#open.set(seq, held)
    // One that stands in the place of another takes over what that one held.
    if (facts.supersedes !== undefined) this.#open.delete(facts.supersedes)
  }

  #settle({ ref, facts }: Entry): void {
    const held = this.#open.get(ref ?? 0)
    this.#open.delete(ref ?? 0)
    if (held === undefined) return
    const used = (meter: string): number | null => {
      const charge = held.get(meter)
      return charge ? (facts.used?.[charge.place] ?? charge.amount) : null
    }
    for (const meter of held.keys()) this.#used[meter] = (this.#used[meter] ?? 0) + (used(meter) ?? 0)
    const prompt = used('input_tokens')
    if (prompt === null) return
    const { first, count } = this.#prompts
    this.#prompts = { first: count === 0 ? prompt : first, last: prompt, count: count + 1 }
  }

  #note({ body }: Entry): void {
    const { about, detail } = this.#read<NoteBody>(body)
    if (about === 'refused') this.#refusals += 1
    else if (about === 'escalated') this.#escalations += 1
    else if (about === 'signal') {
      const { signal = 'unknown' } = (detail ?? {}) as { readonly signal?: string }
      this.#signals[signal] = (this.#signals[signal] ?? 0) + 1
    }
  }

  /** What was tampered with is as good as erased, and must not keep others from being counted. `verify` tells of it. */
  #read<T>(body: string | null): Partial<T> {
    try {
      return readBody<T>(body)
    } catch {
      this.#isErased = true
      return {}
    }
  }
}
