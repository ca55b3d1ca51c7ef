import { canonical, type JsonValue } from '../../src/core/json.js'
import type { Message, ToolCall } from '../../src/models/prompt.js'
import type { SaidReply } from '../../src/testing/scripted-model-reply.js'

/** One call that a script is to make. */
export interface Wanted {
  readonly tool: string
  readonly args: unknown
  readonly write: boolean
  /** What the tool honestly refuses with; such a refusal is an answer. */
  readonly refusal?: string
}

/** How often a call may fail before a person takes over (a write) or it is left out (a read). */
const MOST_FAILURES = 3

/**
 * A model that makes the calls of a list, one a turn, and then completes. It reads where it stands from the conversation alone:
 * what went wrong is tried again, what somebody else said in its name is passed over.
 */
export function scriptOf(
  wanted: readonly Wanted[],
  outcome: unknown = { calls: wanted.length },
): (messages: readonly Message[]) => SaidReply {
  const texts = wanted.map(({ args }) => canonical(args))
  return (messages) => {
    const { next, failures } = standing(wanted, texts, messages)
    const call = wanted[next]
    if (!call) return say('All is done.', 'complete', outcome)
    if (failures >= MOST_FAILURES) return say('It fails.', 'hand_over', { to: 'desk', note: `${call.tool} fails.` })
    return say(`Call ${next + 1} of ${wanted.length}.`, call.tool, call.args)
  }
}

function say(text: string, name: string, input: unknown): SaidReply {
  return { text, toolCalls: [{ name, input }] }
}

/** The first call that has no answer yet, and how often it failed. */
function standing(wanted: readonly Wanted[], texts: readonly string[], messages: readonly Message[]) {
  let calls: readonly ToolCall[] = []
  let next = 0
  let failures = 0
  for (const message of messages) {
    if (message.role === 'assistant') calls = message.toolCalls ?? []
    const call = wanted[next]
    if (message.role !== 'tool' || !call) continue
    const asked = calls.find(({ id }) => id === message.callId)
    if (asked?.name !== call.tool || textOf(asked) !== texts[next]) continue
    failures += 1
    if (message.error && !isHonest(message.output, call) && (call.write || failures < MOST_FAILURES)) continue
    next += 1
    failures = 0
  }
  return { next, failures }
}

function isHonest(output: JsonValue, { refusal }: Wanted): boolean {
  return refusal !== undefined && JSON.stringify(output).includes(JSON.stringify(refusal).slice(1, -1))
}

function textOf({ inputText }: ToolCall): string | null {
  try {
    return canonical(JSON.parse(inputText))
  } catch {
    return null
  }
}
