import { canonical, type JsonValue } from '../../core/json.js'
import { readArguments } from '../../models/arguments.js'
import type { Message, ToolCall, ToolResult } from '../../models/prompt.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import type { Step } from '../past/steps.js'

/** An answer as it was recorded, or why none can be given. */
export type Taped = { readonly said: ModelSaid } | { readonly why: string; readonly said: ModelSaid | null }

/** The conversation of an agent's recorded run. */
export class TapedTalk {
  readonly #said: readonly ModelSaid[]
  /** What became of each recorded call; nothing for those that were no calls. */
  readonly #results = new Map<string, Step>()

  constructor(
    private readonly input: JsonValue,
    steps: readonly Step[],
  ) {
    this.#said = steps.flatMap(({ sort, result }) =>
      sort === 'model' && result?.status === 'completed' ? [result.output as ModelSaid] : [],
    )
    const left = steps.filter(({ sort }) => sort === 'tool')
    for (const call of this.#said.flatMap(({ toolCalls }) => toolCalls)) {
      const at = left.findIndex((step) => isOf(step, call))
      const [step] = at < 0 ? [] : left.splice(at, 1)
      if (step) this.#results.set(call.id, step)
    }
  }

  /** What the model said when the conversation stood here. */
  answerTo(messages: readonly Message[]): Taped {
    const at = messages.findLastIndex(({ role }) => role === 'assistant')
    const last = messages[at]
    const before = last?.role === 'assistant' ? this.#said.findIndex((said) => isSame(said, last)) : -1
    const said = this.#said[before + 1] ?? null
    if (last && before < 0) return { why: 'its last answer was never recorded', said: null }
    if (said === null) return { why: `the recording is over after ${this.#said.length} answers`, said }
    const why = last ? this.#strayed(messages.slice(at + 1)) : this.#otherInput(messages)
    return why === null ? { said } : { why, said }
  }

  #otherInput(messages: readonly Message[]): string | null {
    const user = messages.find(({ role }) => role === 'user')
    const text = user?.role === 'user' ? user.text : ''
    const recorded = typeof this.input === 'string' ? this.input : JSON.stringify(this.input)
    return sameText(text, recorded) ? null : `its input is another: ${text.slice(0, 120)}`
  }

  /** Why these results are not those that the recorded answer was given to; null where they are. */
  #strayed(results: readonly Message[]): string | null {
    for (const result of results) {
      if (result.role !== 'tool') continue
      const step = this.#results.get(result.callId)
      const then = step?.result?.status === 'completed' ? canonical(step.result.output) : null
      if (then === heard(result)) continue
      return `${result.name} was answered ${JSON.stringify(result.output)?.slice(0, 120)}, and not as it was recorded`
    }
    return null
  }
}

const heard = ({ output, error }: ToolResult): string | null => (error ? null : canonical(output))

function isOf({ id, input }: Step, { name, inputText }: ToolCall): boolean {
  const read = readArguments(inputText)
  return read.ok && id.startsWith(`${name}#`) && canonical(input) === canonical(read.args)
}

function isSame(said: ModelSaid, message: Extract<Message, { role: 'assistant' }>): boolean {
  const [a, b] = [said.toolCalls[0]?.id, message.toolCalls?.[0]?.id]
  return a === undefined ? b === undefined && said.text === message.text : a === b
}

/** Texts that are equal, or JSON that is. */
function sameText(a: string, b: string): boolean {
  if (a === b) return true
  try {
    return canonical(JSON.parse(a)) === canonical(JSON.parse(b))
  } catch {
    return false
  }
}
