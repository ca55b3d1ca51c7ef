import type { JsonValue } from '../core/json.js'
import { Conversation, presentState, type Unfit, type VersionedState } from './conversation.js'
import type { Engine } from './engine.js'
import type { StepResult } from './result.js'
import type { SessionPlan } from './session-contract.js'
import { isStored, storedValue } from './stored.js'
import type { TurnAt } from './turns.js'

/** Identity of the step in which a run enters its session. */
export const ENTERED = 'session'

/** What a run's first activation writes down of its session, so that a replay needs nothing but the journal. */
export type Opened = {
  /** As it was stored, of whatever version; large ones rest as blobs. null: none was written yet. */
  readonly state: { readonly version: number; readonly value: JsonValue } | null
  /** Runs of earlier messages, oldest first, with the head of each journal: their words are not copied. */
  readonly turns: readonly TurnAt[]
}

interface Keeper {
  readonly engine: Engine
  readonly run: { readonly runId: string; readonly tenant: string }
  readonly whole: Map<string, JsonValue>
}

export function openedOf(result: StepResult): Opened {
  const nothing = { state: null, turns: [] }
  return result.status === 'completed' ? ((result.output as Opened | null) ?? nothing) : nothing
}

/** The session as the run found it. What does not fit, or is newer than this code, is a person's to look at. */
export async function conversationOf(run: Keeper, plan: SessionPlan, { state }: Opened): Promise<Conversation | Unfit> {
  const stored: VersionedState | null = state && {
    version: state.version,
    value: isStored(state.value) ? await storedValue(run, state.value) : state.value,
  }
  const present = plan.state === null ? { state: undefined } : await presentState(plan.state, stored)
  if ('unfit' in present) return present
  return new Conversation(plan, stored, present.state, run.engine.secrets.conceal)
}
