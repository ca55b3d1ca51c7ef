import { canonical, type JsonValue, toJson } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { SessionState } from '../core/sessions.js'
import type { Outcome } from '../core/states.js'
import type { Done } from '../govern/facts.js'
import { check } from '../tools/schema.js'
import type { SessionPlan, StatePlan } from './session-contract.js'

/** A state as the ledger stores it, or as a journal noted it: JSON of some version. */
export interface VersionedState {
  readonly version: number
  readonly value: JsonValue
}

/** One earlier message of the session: what was asked, and what came of it. */
export interface Turn {
  readonly runId: string
  readonly input: JsonValue
  /** null: it came of the turn after it, whose run took this message in. */
  readonly outcome: JsonValue
}

export function versioned({ version, text }: SessionState): VersionedState {
  return { version, value: JSON.parse(text) as JsonValue }
}

/** Why a state cannot be gone on from; a person has to look. */
export interface Unfit {
  readonly unfit: string
}

/** What one run knows of its session: the state that it goes on from, and what was said before. */
export class Conversation {
  /** As its schema gives it. */
  #state: unknown
  #stored: VersionedState | null
  turns: readonly Turn[] = []
  /** Messages that this run took in. */
  readonly taken = new Set<string>()

  constructor(
    readonly plan: SessionPlan,
    /** What the ledger holds; null where nothing was written yet. */
    stored: VersionedState | null,
    state: unknown,
    private readonly conceal: (text: string) => string,
  ) {
    this.#stored = stored
    this.#state = state
  }

  get state(): unknown {
    return this.#state
  }

  /** A state as it is to be written. Throws for what does not fit its schema, or is too large. */
  async toWrite(next: unknown): Promise<{ readonly state: unknown; readonly toWrite: SessionState }> {
    const { state } = this.plan
    if (state === null) throw new Error('No state was declared: session: { state, version, initial }.')
    const text = this.conceal(canonical(toJson(next)))
    const bytes = Buffer.byteLength(text)
    if (bytes > LIMITS.state_bytes) throw new Error(`It has ${bytes} bytes; the most is ${LIMITS.state_bytes}.`)
    const fits = await check(state.schema, JSON.parse(text))
    if (!fits.ok) throw new Error(`It does not fit: ${fits.issues}.`)
    return { state: fits.value, toWrite: { version: state.version, text } }
  }

  /** What was written, as a flow goes on from it: live as in replay. */
  adopt(state: unknown, written: SessionState): void {
    this.#state = state
    this.#stored = versioned(written)
  }

  /**
   * The state to write with the run's end, where the contract makes one. What cannot be made leaves the state as it was, and
   * hands a run that was completed over: its session must not go on from a guess in silence.
   */
  async atEnd(
    outcome: Outcome<JsonValue>,
    { input, done }: { readonly input: JsonValue; readonly done: readonly Done[] },
  ): Promise<{ readonly outcome: Outcome<JsonValue>; readonly state?: SessionState }> {
    const evolve = this.plan.state?.evolve
    if (!evolve) return { outcome }
    const before = this.#stored
    const calls = done.map((d) => ({ tool: d.tool, input: d.input }))
    try {
      const { toWrite: state } = await this.toWrite(evolve(this.#state, { input, outcome, done: calls }))
      const same = before?.version === state.version && canonical(before.value) === state.text
      return same ? { outcome } : { outcome, state }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (outcome.status !== 'completed') return { outcome }
      const note = `It was completed, and the state of its session could not be made: ${why}`
      return { outcome: { status: 'handed_over', to: 'operator', note } }
    }
  }
}

/** The state that a run goes on from: migrated where it is older, never guessed. `value` is JSON of the present version. */
export async function presentState(
  plan: StatePlan,
  stored: VersionedState | null,
): Promise<{ readonly value: JsonValue; readonly state: unknown } | Unfit> {
  if (stored === null) return fitting(plan, plan.initial)
  const { version, value } = stored
  if (version > plan.version)
    return { unfit: `The session's state is of version ${version}, and this code knows ${plan.version} at most.` }
  if (version === plan.version) return fitting(plan, value)
  if (!plan.migrate) return { unfit: `The session's state is of version ${version}, and nothing migrates it.` }
  try {
    return await fitting(plan, toJson(plan.migrate(value, version)))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { unfit: `The session's state of version ${version} could not be migrated: ${why}` }
  }
}

async function fitting(plan: StatePlan, value: JsonValue) {
  const fits = await check(plan.schema, value)
  return fits.ok ? { value, state: fits.value } : { unfit: `The session's state does not fit: ${fits.issues}.` }
}
