import type { JsonValue } from '../core/json.js'
import type { SessionState } from '../core/sessions.js'
import type { Outcome } from '../core/states.js'
import type { Conversation } from './conversation.js'
import type { Definition } from './definition.js'
import type { Engine } from './engine.js'
import type { Journal } from './journal.js'
import { conversationOf, ENTERED, openedOf } from './opened-session.js'
import type { Ending } from './winding-down.js'

interface Run {
  readonly engine: Engine
  readonly definition: Definition
  readonly run: { readonly runId: string; readonly tenant: string }
  readonly journal: Journal
  readonly input: JsonValue
  readonly whole: Map<string, JsonValue>
  readonly conversation: Conversation | null
}

/** How a run ends, and the state that it leaves its session. One that goes on as another run leaves that to its successor. */
export async function leftBehind(
  run: Run,
  { outcome, next }: Ending,
): Promise<{ readonly outcome: Outcome<JsonValue>; readonly state?: SessionState }> {
  const conversation = next === undefined ? await conversationAtEnd(run) : null
  if (conversation === null) return { outcome }
  return conversation.atEnd(outcome, { input: run.input, done: run.journal.done })
}

/** A run may end before its flow is called again, as one does that waited for those below it: its journal tells. */
async function conversationAtEnd(run: Run): Promise<Conversation | null> {
  if (run.conversation !== null) return run.conversation
  const entered = run.journal.steps.get(`${ENTERED}#1`)?.final
  const plan = run.definition.session
  if (!entered || !plan?.state?.evolve) return null
  const found = await conversationOf(run, plan, openedOf(entered))
  return 'unfit' in found ? null : found
}
