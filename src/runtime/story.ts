import type { Entry, Settlement, StampedCharge } from '../core/entries.js'
import type { JsonValue } from '../core/json.js'
import type { Window } from '../core/meters.js'
import type { RunRow } from '../core/run-row.js'
import type { Outcome } from '../core/states.js'
import type { EpochMs } from '../core/time.js'
import {
  type AdmitBody,
  type BeginBody,
  type DoubtBody,
  type FaultBody,
  type NoteBody,
  type NoteKind,
  readBody,
  type SettleBody,
} from '../orchestrator/bodies.js'
import { outcomeFrom } from '../orchestrator/ended-run.js'
import type { StepResult } from '../orchestrator/result.js'

/** One thing that happened to a step, in order. Amounts are in the smallest unit of their meter. */
export type StoryEvent =
  | {
      readonly what: 'begun'
      readonly seq: number
      readonly at: EpochMs
      readonly attempt: number
      readonly reserved: readonly Amount[]
      readonly locks: readonly string[]
      /** The begin in doubt that this one sent again under the same key. */
      readonly resends: number | null
      /** The escalation that allowed it. */
      readonly approval: string | null
    }
  | {
      readonly what: 'doubt'
      readonly seq: number
      readonly at: EpochMs
      readonly why: string
      readonly message: string | null
    }
  | {
      readonly what: 'settled'
      readonly seq: number
      readonly at: EpochMs
      readonly did: Settlement
      /** How a doubt was cleared: `check`, `evidence`, `person:NAME`. */
      readonly source: string | null
      readonly fault: FaultBody | null
      readonly used: readonly Amount[]
      readonly overrun: boolean
      /** The tool whose confirmed effect it took back; null when it took none. */
      readonly undid: string | null
    }
  | {
      readonly what: 'note'
      readonly seq: number
      readonly at: EpochMs
      readonly about: NoteKind
      readonly detail: JsonValue
      readonly result: StepResult | null
      readonly strikes: number
    }

/** A charge as it was granted, or what of it was used. */
export interface Amount {
  readonly meter: string
  /** '' is the run's own. */
  readonly scope: string
  readonly amount: number
}

export interface StoryStep {
  readonly id: string
  /** `run`: another agent or flow, called as a run of its own. */
  readonly sort: 'model' | 'tool' | 'read' | 'run' | 'other'
  /** Of the tool, the model or the read. */
  readonly name: string
  readonly at: EpochMs
  /** Arguments as they were proposed. */
  readonly input: JsonValue
  /** The model's stated reason. */
  readonly said: string | null
  readonly events: readonly StoryEvent[]
  readonly result: StepResult | null
}

/** What a run used of a meter, against the ceiling that held. */
export interface Spent {
  readonly meter: string
  readonly scope: string
  readonly per: Window
  readonly used: number
  readonly reserved: number
  readonly limit: number | null
}

/** Who held the run, what it waited for, and what concerns no single step. */
export type Passage =
  | {
      readonly what: 'claimed'
      readonly seq: number
      readonly at: EpochMs
      readonly worker: string
      readonly claims: number
    }
  | { readonly what: 'parked'; readonly seq: number; readonly at: EpochMs; readonly waits: string }
  | {
      readonly what: 'noted'
      readonly seq: number
      readonly at: EpochMs
      readonly about: NoteKind
      readonly detail: JsonValue
    }
  | { readonly what: 'audited'; readonly seq: number; readonly at: EpochMs }
  | { readonly what: 'ended'; readonly seq: number; readonly at: EpochMs }

/** A run as its journal tells it, for people and programs. Erased bodies leave nulls. */
export interface Story {
  readonly run: RunRow
  readonly input: JsonValue
  readonly steps: readonly StoryStep[]
  readonly passages: readonly Passage[]
  readonly spent: readonly Spent[]
  readonly outcome: Outcome<JsonValue> | null
}

/** Tells a run from its journal alone. Pure. */
export function storyOf(run: RunRow, entries: readonly Entry[]): Story {
  const teller = new Teller()
  for (const entry of entries) teller.hear(entry)
  return { run, ...teller.tell(run) }
}

interface Telling extends Omit<StoryStep, 'events'> {
  input: JsonValue
  said: string | null
  result: StepResult | null
  sort: StoryStep['sort']
  name: string
  readonly events: StoryEvent[]
}

class Teller {
  #input: JsonValue = null
  #outcome: Outcome<JsonValue> | null = null
  readonly #steps = new Map<string, Telling>()
  readonly #begun = new Map<number, { readonly step: string; readonly charges: readonly StampedCharge[] }>()
  readonly #passages: Passage[] = []
  /** The last charge on each row tells its ceiling and what it came to. */
  readonly #charges = new Map<string, StampedCharge>()

  hear(entry: Entry): void {
    const { kind, seq, at, facts } = entry
    if (kind === 'admit') this.#input = readBody<AdmitBody>(entry.body).input ?? null
    else if (kind === 'begin') this.#begin(entry)
    else if (kind === 'doubt') this.#doubt(entry)
    else if (kind === 'settle') this.#settle(entry)
    else if (kind === 'note') this.#note(entry)
    else if (kind === 'end') this.#end(entry)
    else if (kind === 'audit') this.#passages.push({ what: 'audited', seq, at })
    else if (kind === 'park') {
      this.#passages.push({ what: 'parked', seq, at, waits: readBody<{ waits: string }>(entry.body).waits ?? '' })
    } else {
      this.#passages.push({ what: 'claimed', seq, at, worker: facts.worker ?? '', claims: facts.claims ?? 1 })
    }
  }

  tell(run: RunRow): Omit<Story, 'run'> {
    const steps = [...this.#steps.values()]
    const outcome = this.#outcome
    return { input: this.#input, steps, passages: this.#passages, spent: this.#spent(run), outcome }
  }

  #step(id: string, at: EpochMs): Telling {
    const known = this.#steps.get(id)
    if (known) return known
    const name = id.replace(/#\d+$/, '').replace(/^.*\//, '')
    const made: Telling = { id, sort: 'other', name, at, input: null, said: null, events: [], result: null }
    this.#steps.set(id, made)
    return made
  }

  #begin({ seq, at, facts, body }: Entry): void {
    const step = this.#step(facts.step ?? '', at)
    const { sort, name, input, said, approval } = readBody<BeginBody>(body)
    const charges = facts.charges ?? []
    step.sort = sort ?? (facts.tool === undefined ? 'model' : 'tool')
    step.name = name ?? facts.tool ?? step.name
    step.input = input ?? step.input
    step.said = said ?? step.said
    this.#begun.set(seq, { step: step.id, charges })
    for (const charge of charges) this.#charges.set(rowOf(charge), charge)
    step.events.push({
      what: 'begun',
      seq,
      at,
      attempt: facts.attempt ?? 1,
      reserved: charges.map(({ meter, scope, amount }) => ({ meter, scope, amount })),
      locks: facts.locks ?? [],
      resends: facts.supersedes ?? null,
      approval: approval ?? null,
    })
  }

  #doubt({ seq, at, ref, body }: Entry): void {
    const { why, message } = readBody<DoubtBody>(body)
    const step = this.#stepOf(ref, at)
    step.events.push({ what: 'doubt', seq, at, why: why ?? 'unknown', message: message ?? null })
  }

  #settle({ seq, at, ref, facts, body }: Entry): void {
    const { final, fault, source } = readBody<SettleBody>(body)
    const step = this.#stepOf(ref, at)
    const charges = this.#begun.get(ref ?? 0)?.charges ?? []
    step.result = final ?? step.result
    step.events.push({
      what: 'settled',
      seq,
      at,
      did: facts.did ?? 'failed',
      source: source ?? null,
      fault: fault ?? faultIn(final),
      used: charges.map(({ meter, scope }, i) => ({ meter, scope, amount: facts.used?.[i] ?? 0 })),
      overrun: facts.overrun === true,
      undid: facts.undid?.tool ?? null,
    })
  }

  #note({ seq, at, facts, body }: Entry): void {
    const { about = 'asked', step: id, detail = null, final } = readBody<NoteBody>(body)
    if (id === undefined) {
      this.#passages.push({ what: 'noted', seq, at, about, detail })
      return
    }
    const step = this.#step(id, at)
    const known = proposalIn(detail)
    if (about === 'called' && final === undefined) step.sort = 'run'
    if (step.sort === 'other' && known.tool !== null) Object.assign(step, { sort: 'tool', name: known.tool })
    step.input ??= known.input
    step.said ??= known.said
    step.result = final ?? step.result
    const strikes = facts.count?.strikes ?? 0
    step.events.push({ what: 'note', seq, at, about, detail, result: final ?? null, strikes })
  }

  #end({ seq, at, body }: Entry): void {
    this.#outcome = outcomeFrom(body)
    this.#passages.push({ what: 'ended', seq, at })
  }

  #stepOf(ref: number | null, at: EpochMs): Telling {
    return this.#step(this.#begun.get(ref ?? 0)?.step ?? '', at)
  }

  /** The run's own meters as they are now; shared ones as they were at this run's last grant. */
  #spent(run: RunRow): Spent[] {
    const limits = [...this.#charges.values()]
    const own = Object.entries(run.meters).map(([meter, { used, reserved }]): Spent => {
      const limit = limits.find((c) => c.at === 'run' && c.meter === meter)?.limit ?? null
      return { meter, scope: '', per: 'total', used, reserved, limit }
    })
    const shared = limits
      .filter((c) => c.at === 'shared')
      .map(
        ({ meter, scope, per, usedAfter, reservedAfter, limit }): Spent => ({
          ...{ meter, scope, per, limit },
          used: usedAfter,
          reserved: reservedAfter,
        }),
      )
    return [...own, ...shared]
  }
}

/** The last attempt of a step that failed has its fault in the result. */
function faultIn(final: StepResult | undefined): FaultBody | null {
  if (final?.status !== 'failed') return null
  const { code, message } = final
  return { code, ...(message !== undefined && { message }) }
}

const rowOf = (c: StampedCharge): string => `${c.at}|${c.scope}|${c.meter}|${c.per}|${c.window}`

/** Notes on a proposal that was never begun say what it was: in their detail, or in what a person was shown. */
function proposalIn(detail: JsonValue): { tool: string | null; input: JsonValue; said: string | null } {
  const { show, call, tool, agent, input, said } = (typeof detail === 'object' && detail !== null ? detail : {}) as {
    readonly [key: string]: JsonValue | undefined
  }
  const inner = show ?? call
  const name = tool ?? agent
  if (typeof name !== 'string' || input === undefined) {
    return inner === undefined ? { tool: null, input: null, said: null } : proposalIn(inner)
  }
  return { tool: typeof tool === 'string' ? tool : null, input, said: typeof said === 'string' ? said : null }
}
