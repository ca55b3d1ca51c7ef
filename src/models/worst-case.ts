import type { Price } from './price.js'
import { highestCostMicros } from './prices.js'
import type { Message, ModelTool } from './prompt.js'

/**
 * The worst case of one model call, reserved before it begins:
 *
 *   input   = measured input of the last call, if the prompt goes on exactly where that one ended (same model, same
 *             tools, same messages), else FRAME_TOKENS + the tools' bound
 *           + the bound of every message that was not measured
 *   output  = maxOutputTokens, which the provider enforces (reasoning included)
 *   dollars = all input at its dearest rate + all output, rounded up
 *
 * The bound of a text is one token per byte of its UTF-8 JSON: no byte-level tokenizer makes more tokens than bytes. A
 * frame per message and per tool covers what the provider's template puts around it, FRAME_TOKENS what it says before
 * everything (such as how tools are called). A tokenizer that expands text first could pass the bound; what is used
 * above a reservation is charged and recorded as an overrun all the same.
 */
const FRAME_TOKENS = 600
const MESSAGE_FRAME_TOKENS = 16
const TOOL_FRAME_TOKENS = 48

export interface Prompt {
  /** As `modelName` gives it: tokens of one model say nothing of another's. */
  readonly model: string
  readonly tools: readonly ModelTool[]
  readonly messages: readonly Message[]
}

/** What a call was measured to take, and its prompt, to know it again as the prefix of a longer one. */
export interface MeasuredPrompt extends Prompt {
  readonly inputTokens: number
}

export interface WorstCase {
  readonly inputTokens: number
  readonly outputTokens: number
  /** What the call can fill of a context window: input and output together. */
  readonly contextTokens: number
  /** Micro-dollars. */
  readonly usdMicros: number
}

/** Upper bound of a message's tokens. */
export function messageBound(message: Message): number {
  return bytesOf(message) + MESSAGE_FRAME_TOKENS
}

/** Upper bound of what stands before the messages: the provider's own frame and the tools. */
export function frameBound(tools: readonly ModelTool[]): number {
  return tools.reduce((sum, tool) => sum + bytesOf(tool) + TOOL_FRAME_TOKENS, FRAME_TOKENS)
}

/** Upper bound of a prompt's input tokens, as the formula above. */
export function inputBound(prompt: Prompt, last?: MeasuredPrompt): number {
  const goesOn = last !== undefined && goesOnFrom(prompt, last)
  const rest = prompt.messages.slice(goesOn ? last.messages.length : 0)
  return rest.reduce(
    (sum, message) => sum + messageBound(message),
    goesOn ? last.inputTokens : frameBound(prompt.tools),
  )
}

/** What to reserve for a call. `inputTokens` is given where the bound is known already (fitWindow gives it). */
export function worstCase(inputTokens: number, maxOutputTokens: number, price: Price): WorstCase {
  return {
    inputTokens,
    outputTokens: maxOutputTokens,
    contextTokens: inputTokens + maxOutputTokens,
    usdMicros: highestCostMicros(price, inputTokens, maxOutputTokens),
  }
}

/** Remembers what a settled call was measured to take. */
export function measured({ model, tools, messages }: Prompt, inputTokens: number): MeasuredPrompt {
  // A conversation grows in place.
  return { model, tools, messages: [...messages], inputTokens }
}

function goesOnFrom(prompt: Prompt, last: MeasuredPrompt): boolean {
  return (
    prompt.model === last.model &&
    prompt.tools.length === last.tools.length &&
    beginsWith(prompt.tools, last.tools) &&
    beginsWith(prompt.messages, last.messages)
  )
}

function beginsWith(all: readonly object[], first: readonly object[]): boolean {
  return all.length >= first.length && first.every((one, index) => isSame(one, all[index]))
}

/** Plain JSON suffices: the messages compared come from one journal, with one order of keys. */
function isSame(one: object, other: object | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** Bytes of messages and tools that were counted before: a conversation is counted at each of its steps. */
const counted = new WeakMap<Message | ModelTool, number>()

function bytesOf(value: Message | ModelTool): number {
  const known = counted.get(value)
  if (known !== undefined) return known
  const bytes = Buffer.byteLength(JSON.stringify(value))
  counted.set(value, bytes)
  return bytes
}
