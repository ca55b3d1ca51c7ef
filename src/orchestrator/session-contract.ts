import { type JsonValue, toJson } from '../core/json.js'
import type { BusyPolicy } from '../core/sessions.js'
import type { Outcome } from '../core/states.js'
import { type Duration, durationMs } from '../core/time.js'
import type { Done } from '../govern/facts.js'
import { check, jsonSchemaOf, type OutputOf, type Schema } from '../tools/schema.js'
import { invalid } from './invalid.js'

/** How a run ended, as its session's state is made to go on from it. */
export interface Ending<I, O> {
  readonly input: I
  readonly outcome: Outcome<O>
  /** Confirmed tool calls, in order. */
  readonly done: readonly Done[]
}

interface Conduct {
  /** The session expires when nothing comes for so long: its next message opens it anew, without state. */
  idle?: Duration
  /** What becomes of a message that comes while a run is active; default `queue`. */
  whileBusy?: BusyPolicy
  /** How long missing numbers are waited for, where messages are numbered; default a minute. */
  gapWithin?: Duration
  /** How many earlier messages of the session, with what came of them, the model is shown; default 20. */
  remember?: number
}

interface Stateful<S extends Schema, I, O> {
  /** What the session keeps between its runs, as plain JSON. */
  state: S
  /** Of the state's form, from 1: raise it whenever what is stored does not fit any more. */
  version: number
  initial: NoInfer<OutputOf<S>>
  /** Makes a state of an older version into one of this. What it throws at, or what then does not fit, a person is given. */
  migrate?(old: JsonValue, from: number): NoInfer<OutputOf<S>>
  /** The state after a run: pure, validated, and written with the run's end. */
  evolve?(state: NoInfer<OutputOf<S>>, end: Ending<I, O>): NoInfer<OutputOf<S>>
}

/** What an agent or a flow promises of its sessions. */
export type SessionContract<S extends Schema, I, O> = Conduct & (Stateful<S, I, O> | { state?: undefined })

/** The state's part of a contract, in its run-time form. */
export interface StatePlan {
  readonly schema: Schema
  readonly version: number
  readonly initial: JsonValue
  readonly migrate: ((old: JsonValue, from: number) => unknown) | null
  readonly evolve: ((state: unknown, end: Ending<unknown, JsonValue>) => unknown) | null
}

/** A contract in its run-time form. */
export interface SessionPlan {
  readonly state: StatePlan | null
  readonly idleMs: number | null
  readonly whileBusy: BusyPolicy
  readonly gapMs: number | null
  readonly remember: number
  /** What of it is data: part of the fingerprint. */
  readonly data: JsonValue
}

const REMEMBER = 20
const POLICIES: readonly BusyPolicy[] = ['queue', 'steer', 'replace', 'refuse']

/** Checks and completes a contract. Throws `invalid_definition`, `invalid_duration`. */
export function sessionPlanOf(name: string, contract: SessionContract<Schema, never, never>): SessionPlan {
  const { idle, whileBusy = 'queue', gapWithin, remember = REMEMBER } = contract
  if (!POLICIES.includes(whileBusy)) throw invalid(name, `session.whileBusy is one of ${POLICIES.join(', ')}.`)
  if (!Number.isSafeInteger(remember) || remember < 0)
    throw invalid(name, 'session.remember is a whole number from 0 on.')
  const state = contract.state === undefined ? null : statePlanOf(name, contract)
  const form = state ? [state.version, jsonSchemaOf(state.schema, `'${name}', session.state`), state.initial] : null
  return {
    state,
    idleMs: idle === undefined ? null : durationMs(idle),
    whileBusy,
    gapMs: gapWithin === undefined ? null : durationMs(gapWithin),
    remember,
    data: toJson([form, remember]),
  }
}

function statePlanOf(name: string, stateful: Stateful<Schema, never, never>): StatePlan {
  const { state: schema, version, migrate, evolve } = stateful
  if (!Number.isSafeInteger(version) || version < 1) throw invalid(name, 'session.version is a whole number from 1.')
  const initial = toJson(stateful.initial)
  const fits = check(schema, initial)
  if (!(fits instanceof Promise) && !fits.ok) throw invalid(name, `session.initial does not fit: ${fits.issues}.`)
  return {
    schema,
    version,
    initial,
    migrate: migrate ?? null,
    evolve: (evolve ?? null) as StatePlan['evolve'],
  }
}
