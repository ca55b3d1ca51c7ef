import { MidwatchError } from '../core/errors.js'
import type { SessionState } from '../core/sessions.js'
import type { Activation } from './activation.js'
import { type Conversation, versioned } from './conversation.js'
import type { StepRecord } from './journal.js'
import { completed, type StepResult } from './result.js'

/** The run's session. Throws `invalid_definition` where none was declared, or the run belongs to none. */
export function conversationOf({ conversation, definition }: Activation): Conversation {
  if (conversation !== null) return conversation
  throw new MidwatchError(
    'invalid_definition',
    `'${definition.name}': ctx.setState needs a session: declare { session: { state, … } }, and send a message to one.`,
  )
}

/** The state as it is to be written. Throws `invalid_input` for one that does not fit. */
export async function fittingState(conversation: Conversation, next: unknown) {
  try {
    return await conversation.toWrite(next)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new MidwatchError('invalid_input', `ctx.setState: ${why}`, { cause })
  }
}

/** Writes the session's state, with the entry that says so. */
export async function stateStep(run: Activation, record: StepRecord, state: SessionState): Promise<StepResult> {
  const final = completed(null)
  await run.book.note({ about: 'state', step: record.id, final, detail: { ...versioned(state) } }, { state })
  return final
}
