/** Words of prompts and answers in the shape of the conventions: messages of a role, each with parts. */

interface OwnMessage {
  readonly role: string
  readonly text?: string
  readonly toolCalls?: readonly OwnCall[]
  readonly callId?: string
  readonly output?: unknown
}

interface OwnCall {
  readonly id: string
  readonly name: string
  readonly inputText: string
}

const text = (content: string) => ({ type: 'text', content })

/** Arguments as the value that they are, or as the text that came where they are none. */
function callPart({ id, name, inputText }: OwnCall) {
  return { type: 'tool_call', id, name, arguments: parsed(inputText) }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

/** JSON of a prompt, from the JSON of our own messages. */
export function promptMessages(prompt: string): string {
  const messages = JSON.parse(prompt) as readonly OwnMessage[]
  return JSON.stringify(messages.map(messageOf))
}

function messageOf({ role, text: said = '', toolCalls = [], callId, output }: OwnMessage) {
  if (role === 'tool') return { role, parts: [{ type: 'tool_call_response', id: callId, response: output }] }
  return { role, parts: [...(said === '' ? [] : [text(said)]), ...toolCalls.map(callPart)] }
}

/** JSON of an answer, from the JSON of what the journal keeps of it. */
export function answerMessages(answer: string): string {
  const { text: said = '', toolCalls = [], finish = '' } = JSON.parse(answer) as OwnMessage & { finish?: string }
  const { parts } = messageOf({ role: 'assistant', text: said, toolCalls })
  return JSON.stringify([{ role: 'assistant', parts, finish_reason: finish }])
}
