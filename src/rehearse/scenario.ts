import type { Decision, Escalation } from '../core/escalation.js'
import type { RunFacts } from '../core/invariants/facts.js'
import type { JsonValue } from '../core/json.js'
import type { Usd } from '../core/money.js'
import type { ScoreRow } from '../core/scores.js'
import type { BusyPolicy } from '../core/sessions.js'
import type { Duration } from '../core/time.js'
import type { ContainmentOptions } from '../govern/containment.js'
import type { PriceList } from '../models/price.js'
import type { Startable } from '../orchestrator/definition.js'
import type { Replies } from '../testing/scripted-model-reply.js'
import type { LaneCaps } from '../tools/lanes.js'
import type { Call, Found, ToolSpec } from '../tools/tool.js'
import type { Chance } from './chance.js'
import type { FaultRates } from './fault.js'
import type { Act, RunEnd } from './verdict.js'

// biome-ignore lint/suspicious/noExplicitAny: any agent or flow at all
export type AnyStartable = Startable<any, any>

/** A message that comes in: it starts a run of the scenario's first agent, or of the one it names. */
export interface Message {
  readonly input: unknown
  readonly key?: string
  readonly session?: string
  readonly tenant?: string
  readonly principal?: string
  readonly agent?: string
  /** Its number in its session as the sender counts, from 1. */
  readonly sequence?: number
  /** What becomes of it while a run of its session is active, in place of what the agent says. */
  readonly whileBusy?: BusyPolicy
  /** Virtual ms after the case's start; default 0. */
  readonly afterMs?: number
}

/** One story: what comes in. A seed plays one case. */
export interface Story {
  readonly name: string
  readonly messages: readonly Message[]
}

/** What a case is played with, for those who make its world. */
export interface Stage {
  readonly story: Story
  readonly chance: Chance
  /** Virtual time in ms since the epoch. */
  readonly now: () => number
  /** Passes virtual time. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** In place of a tool's own code. */
export interface StandIn {
  execute(input: never, call: Call, spec: ToolSpec): Promise<unknown>
  /** For doubts of `checked` tools. Left out: the truth, by the call's key. */
  check?(input: never, call: Call): Promise<Found<unknown>>
  /** Whether this call would do something, asked right before it. Left out: each does, under one key too. */
  acts?(input: never, call: Call): boolean
  /** What a success says, while nothing is done, for `tool_noop`. Left out: made from the tool's output schema. */
  claims?(input: never, call: Call): unknown
}

/** What is known of a question when a person looks at it. */
export interface Asked<W> {
  /** As the ledger has it. */
  readonly escalation: Escalation
  readonly world: W
  /** For a doubt: whether the witness saw it happen. */
  readonly happened: boolean | null
  /** What is said where a scenario has no `people`. */
  readonly usual: PersonSays | null
}

/** What a person does. `null`: lets it lie. */
export interface PersonSays {
  /** approve, deny: of an approval · happened, not_happened: of a doubt · answer: of a question, with a result. */
  readonly decision: Decision
  readonly by: string
  /** Virtual ms that it takes; left out, somewhere between a second and half of the time there is. */
  readonly afterMs?: number
  readonly note?: string
  /** To a question: the answer · with `approve`: other arguments · with `happened`: what it gave. */
  readonly result?: JsonValue
}

/** What a case left behind, for expectations. Runs in which models score others, and those of a flood, are left out of `runs` and `facts`. */
export interface After<W> {
  readonly story: Story
  readonly world: W
  readonly runs: readonly RunEnd[]
  /** What the ledger has kept of each run, in the order of `runs`; none for the naive twin. */
  readonly facts: readonly RunFacts[]
  /** What was done, by the world's journal or as the rehearsal saw it. */
  readonly acts: readonly Act[]
  /** How good outcomes were, by whoever said so. */
  readonly scores: readonly ScoreRow[]
  readonly usdMicros: number
  /** True when no fault struck. */
  readonly calm: boolean
}

/** What must hold beyond I1–I10. */
export interface Expectations<W> {
  /** Every run that ends must end in one of these. */
  readonly outcomes?: readonly RunEnd['status'][]
  /** By name of the score: the least that every outcome must have which is scored. */
  readonly scores?: Readonly<Record<string, { readonly atLeast: number }>>
  /** The most that a case may spend. */
  readonly spend?: Usd
  /** Never to be said by a model that is heeded, nor to stand in an act. */
  readonly never?: readonly RegExp[]
  /** Acts that a completed run must have done, in any order, and no others. Given the story. */
  readonly acts?: (story: Story) => readonly Pick<Act, 'tool' | 'input'>[]
  /** A sentence for each thing that is not as it must be. */
  readonly that?: (after: After<W>) => readonly string[] | Promise<readonly string[]>
}

export interface ScenarioOptions<W> extends ContainmentOptions {
  readonly name: string
  /** Agents and flows that the workers serve. Messages start the first one, unless they name another. */
  readonly run: readonly [AnyStartable, ...AnyStartable[]]
  /** At least one. */
  readonly stories: readonly Story[]
  /** A fresh world for each case. */
  readonly world?: (stage: Stage) => W
  /** In place of every model. Left out: the models that the agents name, which then ought to be scripted. */
  readonly model?: (stage: Stage, world: W) => Replies
  /** In place of tools' own code, by name. What is left out runs its own code; `'generated'` makes one from its schemas. */
  readonly tools?: (world: W, stage: Stage) => Readonly<Record<string, StandIn | 'generated'>>
  /** The world's own journal of what was done. Left out: what stand-ins and wrapped tools did, as the rehearsal saw it. */
  readonly acts?: (world: W) => readonly Act[]
  /** All that is asked, doubts too. Left out, or by `usual`: approvals are approved, doubts answered by what the witness saw, questions by their default. */
  readonly people?: (asked: Asked<W>) => PersonSays | null
  readonly workers?: number
  readonly lease?: Duration
  /** Virtual time after the last fault within which all must be at rest; default 1d. */
  readonly within?: Duration
  readonly faults?: FaultRates
  readonly prices?: PriceList
  readonly lanes?: Readonly<Record<string, LaneCaps>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly expect?: Expectations<W>
}

/** A scenario, checked. */
export interface Scenario {
  readonly name: string
  readonly options: ScenarioOptions<unknown>
}
