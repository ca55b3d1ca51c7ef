import { MidwatchError } from '../../core/errors.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'

/** What `useChat` sends: the whole conversation, of which the last message of the user is the news. */
export interface ChatBody {
  readonly id: string
  readonly messages: readonly ChatMessage[]
}

export interface ChatMessage {
  readonly id: string
  readonly role: string
  readonly parts: readonly { readonly type: string; readonly text?: string | undefined }[]
}

/** A message for a session: the chat is the session, and the message's id its key, so that sending it again is harmless. */
export interface ChatTurn {
  readonly session: string
  readonly key: string
  readonly input: { readonly message: string }
}

/** Throws `invalid_input` where nobody says anything. */
export function turnOf({ id, messages }: ChatBody): ChatTurn {
  const last = messages.findLast(({ role }) => role === 'user')
  const message = (last?.parts ?? []).flatMap(({ type, text }) => (type === 'text' && text ? [text] : [])).join('\n')
  if (!last || message === '') {
    throw new MidwatchError('invalid_input', 'No message of the user with text in it: there is nothing to work on.')
  }
  return { session: id, key: `chat:${id}:${last.id}`, input: { message } }
}

/** The newest run of a chat that has not ended, whoever works it; null when there is nothing to resume. */
export async function runToResume(
  ledger: Ledger,
  p: { readonly tenant: string; readonly agent: string; readonly session: string },
): Promise<RunRow | null> {
  const { tenant, agent, session } = p
  const [run] = await ledger.runs({ tenant, agent, session, states: ['queued', 'running', 'waiting'], limit: 1 })
  return run ?? null
}
