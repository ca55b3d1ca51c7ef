import type { ScriptedModel } from 'midwatch/testing'
import type { Desk } from '../acts/desk.js'
import { FIRST_RETRY, type RetryOptions } from './retry.js'
import { callTool, type Keys } from './tools.js'

type Asked = Parameters<ScriptedModel['doGenerate']>[0]
type Prompt = Asked['prompt']
type Called = Extract<Prompt[number], { role: 'assistant' }>['content'][number]

/** What a naive desk is made of. */
export interface NaiveOptions {
  readonly desk: Desk
  readonly model: ScriptedModel
  readonly keys?: Keys
  readonly retry?: RetryOptions
  /** The usual limit of agent frameworks. */
  readonly maxTurns?: number
}

/** How a message ended; `turns` are answers of the model. */
export interface NaiveEnd {
  readonly status: 'completed' | 'refused' | 'handed_over'
  readonly say: string
  readonly turns: number
}

const MAX_TURNS = 25
const SYSTEM = 'You are the refund desk of a shop. Work the message with the tools, then complete, refuse or hand over.'
const WAYS_OUT = { complete: 'completed', refuse: 'refused', hand_over: 'handed_over' } as const

/**
 * The loop that teams write first: ask the model, call what it says with a retry around it, feed the answer back. It keeps
 * nothing but the conversation, in memory. Throws when the model does not come to an end.
 */
export async function naiveLoop(options: NaiveOptions, message: string): Promise<NaiveEnd> {
  const { desk, model, keys = 'none', retry = FIRST_RETRY, maxTurns = MAX_TURNS } = options
  const prompt: Prompt = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: [{ type: 'text', text: message }] },
  ]
  for (let turn = 1; turn <= maxTurns; turn++) {
    const { say, call } = saidOf(await model.doGenerate({ prompt }))
    if (call.name in WAYS_OUT) return { status: WAYS_OUT[call.name as keyof typeof WAYS_OUT], say, turns: turn }
    const told = await callTool(desk, call, keys, retry)
    prompt.push({ role: 'assistant', content: [{ type: 'text', text: say }, proposed(call)] })
    prompt.push({ role: 'tool', content: [answered(call, told.output, told.error)] })
  }
  throw new Error(`The model did not come to an end within ${maxTurns} turns.`)
}

interface Call {
  readonly id: string
  readonly name: string
  readonly inputText: string
}

function saidOf(result: Awaited<ReturnType<ScriptedModel['doGenerate']>>): { say: string; call: Call } {
  const say = result.content.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('')
  const part = result.content.find((one) => one.type === 'tool-call')
  if (!part) throw new Error('The model called no tool.')
  return { say, call: { id: part.toolCallId ?? '', name: part.toolName ?? '', inputText: String(part.input ?? '{}') } }
}

function proposed({ id, name, inputText }: Call): Called {
  return { type: 'tool-call', toolCallId: id, toolName: name, input: JSON.parse(inputText) as object }
}

function answered({ id, name }: Call, output: unknown, error: boolean) {
  const value = JSON.stringify(output ?? null)
  const kind = error ? ('error-json' as const) : ('json' as const)
  return {
    type: 'tool-result' as const,
    toolCallId: id,
    toolName: name,
    output: { type: kind, value: JSON.parse(value) },
  }
}
