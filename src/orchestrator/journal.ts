import type { Entry, Settlement } from '../core/entries.js'
import type { JsonValue } from '../core/json.js'
import type { Charge } from '../core/meters.js'
import type { Estimate } from '../govern/confidence/low.js'
import type { Done } from '../govern/facts.js'
import { type BeginBody, type DoubtBody, type NoteBody, readBody, type SettleBody } from './bodies.js'
import { Deaths } from './deaths.js'
import type { StepResult } from './result.js'
import { type MoveDetail, StageTrack } from './stage-track.js'
import type { WindingDown } from './winding-down.js'

/** Why a doubt is one whose attempt said that it was done, and whose check did not find it. */
export const READ_BACK = 'read_back'

/** Why a doubt is one whose attempt was never sent: the ledger may have lost another one that was. */
export const UNSURE = 'unsure'

/** One begin and what became of it. */
export interface Intent {
  readonly seq: number
  readonly step: string
  readonly attempt: number
  readonly fence: number
  readonly at: number
  readonly actsUntil: number
  readonly charges: readonly Pick<Charge, 'at' | 'meter' | 'kind' | 'amount'>[]
  readonly effect: {
    readonly tool: string
    readonly key: string
    readonly args: string
    readonly attempt: number
    /** The key that it takes back. */
    readonly undoes?: { readonly tool: string; readonly key: string }
  } | null
  readonly body: Partial<BeginBody>
  doubt: boolean
  /** Its worker died: the attempt does not count against the tool. */
  lost: boolean
  /** The ledger may have lost an attempt that was sent after this time; this one was not sent at all. */
  since?: number
  /** It said that it was done, and its check did not find it. */
  contradicted?: boolean
  superseded: boolean
  settled: Settled | null
}

export interface Settled {
  readonly did: Settlement
  /** 0 until the ledger has answered. */
  seq: number
  readonly at: number
  /** One for each charge. */
  readonly used: readonly number[]
  readonly body: Partial<SettleBody>
}

/** All that the journal says of one step. */
export interface StepRecord {
  readonly id: string
  readonly intents: Intent[]
  readonly notes: Partial<NoteBody>[]
  args: string | null
  final: StepResult | null
}

export interface Final {
  readonly step: string
  readonly result: StepResult
  readonly at: number
}

/** What the fold looks at. */
export type Folded = Pick<Entry, 'seq' | 'kind' | 'fence' | 'at' | 'ref' | 'facts' | 'body'>

/** A journal folded: what a replay needs, and what rules may look at. The same fold serves old entries and new ones. */
export class Journal {
  head = 0
  readonly steps = new Map<string, StepRecord>()
  readonly finals: Final[] = []
  /** Confirmed tool calls, in order, with the seq that confirmed them. */
  readonly done: (Done & { seq: number; readonly ref: number; readonly write: boolean })[] = []
  begun = 0
  /** The code that wrote last, where it was another than the one that the run began with. */
  code: string | null = null
  /** True once the run called another one. */
  hasCalled = false
  /** How the run will end, once nothing below it goes on. */
  ending: WindingDown | null = null
  readonly deaths = new Deaths()
  readonly stage = new StageTrack()
  /** Names of the signals that were met, each as often as it was. */
  readonly signals: string[] = []
  /** Used so far on the run's own meters. */
  readonly used: Record<string, number> = {}
  readonly #intents = new Map<number, Intent>()
  /** Begins whose confirmed effects were taken back. */
  readonly #undone = new Set<number>()
  /** The last estimate of each proposal, by tool and digest of its arguments. */
  readonly #estimates = new Map<string, Estimate>()

  step(id: string): StepRecord {
    const known = this.steps.get(id)
    if (known) return known
    const record: StepRecord = { id, intents: [], notes: [], args: null, final: null }
    this.steps.set(id, record)
    return record
  }

  /** How sure a proposal was found to be the last time that it was made; null where nobody asked. */
  estimate(of: string, args: string): Estimate | null {
    return this.#estimates.get(`${of} ${args}`) ?? null
  }

  #estimated(detail: Partial<Estimate>): void {
    const { of, args, confidence } = detail
    if (confidence !== undefined) this.#estimates.set(`${of} ${args}`, detail as Estimate)
  }

  intent(seq: number): Intent | undefined {
    return this.#intents.get(seq)
  }

  /** Begins without a settlement. */
  open(): Intent[] {
    return [...this.#intents.values()].filter((i) => i.settled === null && !i.superseded)
  }

  /** Writes that are confirmed and were not taken back, the newest first; what takes others back is none of them. */
  standing(): Intent[] {
    return this.#confirmed().filter(({ seq }) => !this.#undone.has(seq))
  }

  /** Confirmed writes that were taken back, the newest first. */
  undone(): Intent[] {
    return this.#confirmed().filter(({ seq }) => this.#undone.has(seq))
  }

  #confirmed(): Intent[] {
    const writes = this.done.flatMap(({ ref, write }) => (write ? (this.#intents.get(ref) ?? []) : []))
    return writes.filter(({ effect }) => effect?.undoes === undefined).reverse()
  }

  fold(entry: Folded): void {
    this.head = entry.seq
    this.deaths.fold(entry, entry.ref === null ? undefined : this.#intents.get(entry.ref)?.fence)
    if (entry.kind === 'begin') this.begin(intentOf(entry), entry.facts.supersedes)
    else if (entry.kind === 'doubt' && entry.ref !== null) this.doubt(entry.ref, readBody<DoubtBody>(entry.body))
    else if (entry.kind === 'settle' && entry.ref !== null) this.settle(entry.ref, settledOf(entry))
    else if (entry.kind === 'note') this.note(readBody<NoteBody>(entry.body), entry.at, entry.facts.count)
  }

  begin(intent: Intent, supersedes?: number): void {
    const record = this.step(intent.step)
    if (record.intents.length === 0) this.begun += 1
    record.intents.push(intent)
    record.args ??= intent.body.args ?? intent.effect?.args ?? null
    this.#intents.set(intent.seq, intent)
    const before = supersedes === undefined ? undefined : this.#intents.get(supersedes)
    if (before) before.superseded = true
  }

  doubt(ref: number, { why, since }: Partial<DoubtBody>): void {
    const intent = this.#intents.get(ref)
    if (!intent) return
    intent.doubt = true
    intent.lost = why === 'lost' || why === UNSURE
    if (since !== undefined) intent.since = since
    intent.contradicted = why === READ_BACK
  }

  settle(ref: number, settled: Settled): void {
    const intent = this.#intents.get(ref)
    if (!intent) return
    const { did, seq, at, body } = settled
    intent.settled = settled
    if (body.fault?.code === 'lost') intent.lost = true
    let place = 0
    for (const charge of intent.charges) {
      this.#count(charge, settled.used[place] ?? charge.amount)
      place += 1
    }
    const { sort, name, input } = intent.body
    if (did === 'performed' && sort === 'tool' && name !== undefined) {
      const what = { tool: name, input: (input ?? null) as JsonValue, ...outputIn(body.final) }
      if (intent.effect?.undoes) this.#takeBack(intent.effect.undoes)
      this.done.push({ ...what, seq, ref, write: intent.effect !== null })
    }
    if (body.final) this.#finish(intent.step, body.final, body.at ?? at)
  }

  /** All that was confirmed so far under the key. */
  #takeBack({ tool, key }: { readonly tool: string; readonly key: string }): void {
    for (const { seq, effect } of this.standing())
      if (effect?.tool === tool && effect.key === key) this.#undone.add(seq)
  }

  /** A settlement got its place: known only once the ledger has answered. */
  placed(ref: number, seq: number): void {
    const intent = this.#intents.get(ref)
    if (intent?.settled) intent.settled.seq = seq
    // One of the last: looked for from the end, a long run does not become slow.
    const done = this.done.findLast((d) => d.ref === ref)
    if (done) done.seq = seq
  }

  note(body: Partial<NoteBody>, at: number, count: Readonly<Record<string, number>> = {}): void {
    for (const [meter, n] of Object.entries(count)) this.used[meter] = (this.used[meter] ?? 0) + n
    if (body.about === 'alone') this.deaths.tried()
    if (body.about === 'code') this.code = codeIn(body)
    if (body.about === 'signal') this.signals.push(signalIn(body))
    if (body.about === 'winding_down') this.#windDown(body.detail as unknown as WindingDown)
    if (body.about === 'stage') this.stage.enter(body.detail as unknown as MoveDetail)
    if (body.about === 'confidence') this.#estimated(body.detail as unknown as Partial<Estimate>)
    if (body.step === undefined) return
    if (body.about === 'called' || body.about === 'mapping') this.hasCalled = true
    if (body.about === 'mapping' && admittedIn(body.detail) > 0) this.deaths.survived()
    const record = this.step(body.step)
    record.notes.push(body)
    record.args ??= body.args ?? null
    this.#confirmElsewhere(record, body)
    if (body.final) this.#finish(body.step, body.final, body.at ?? at)
  }

  /** A wind-down may be made by workers that the run itself had crashed. */
  #windDown(ending: WindingDown): void {
    this.ending = ending
    if (ending.unwinds) this.deaths.survived()
  }

  /** Calls that this run did not perform itself: a repeat that got its first result, and an agent that was called and completed. */
  #confirmElsewhere(record: StepRecord, { about, detail, final }: Partial<NoteBody>): void {
    if (final?.status !== 'completed' || (about !== 'repeated' && about !== 'called')) return
    const first = about === 'repeated' ? detail : record.notes.find((note) => note.about === 'called')?.detail
    const { tool, agent, input } = (first ?? {}) as { tool?: string; agent?: string; input?: JsonValue }
    const isEnded = about === 'called' && (final.output as { status?: string } | null)?.status !== 'completed'
    const name = tool ?? agent
    if (name === undefined || isEnded) return
    this.done.push({ tool: name, input: input ?? null, ...outputIn(final), seq: this.head, ref: 0, write: false })
  }

  #count(charge: Intent['charges'][number], used: number): void {
    if (charge.at !== 'run' || charge.kind === 'level') return
    const before = this.used[charge.meter] ?? 0
    this.used[charge.meter] = charge.kind === 'peak' ? Math.max(before, used) : before + used
  }

  #finish(step: string, result: StepResult, at: number): void {
    this.step(step).final = result
    this.finals.push({ step, result, at })
  }
}

const outputIn = (final: StepResult | undefined): { output?: JsonValue } =>
  final?.status === 'completed' ? { output: (final.output ?? null) as JsonValue } : {}

function codeIn({ detail }: Partial<NoteBody>): string | null {
  const { code } = (detail ?? {}) as { code?: string }
  return code ?? null
}

function signalIn({ detail }: Partial<NoteBody>): string {
  const { signal } = (detail ?? {}) as { signal?: string }
  return signal ?? ''
}

/** How many rows of a map had been admitted when a worker died over it; 0 for any other note. */
export function admittedIn(detail: JsonValue | undefined): number {
  const { admitted = 0 } = (typeof detail === 'object' && detail !== null ? detail : {}) as {
    readonly admitted?: number
  }
  return admitted
}

function intentOf(entry: Folded): Intent {
  const { step, attempt, actsUntil, charges, effect } = entry.facts
  return {
    seq: entry.seq,
    step: step ?? '',
    attempt: attempt ?? 1,
    fence: entry.fence,
    at: entry.at,
    actsUntil: actsUntil ?? entry.at,
    charges: charges ?? [],
    effect: effect ?? null,
    body: readBody<BeginBody>(entry.body),
    doubt: false,
    lost: false,
    superseded: false,
    settled: null,
  }
}

function settledOf(entry: Folded): Settled {
  const { did, used } = entry.facts
  return {
    did: did ?? 'failed',
    seq: entry.seq,
    at: entry.at,
    used: used ?? [],
    body: readBody<SettleBody>(entry.body),
  }
}
