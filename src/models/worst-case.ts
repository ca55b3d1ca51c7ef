import { sha256 } from '../core/digest.js'
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

/** What a call was measured to take: enough to know its prompt again as the prefix of a longer one. */
export interface MeasuredPrompt {
  /** Digest of model, tools and messages. */
  readonly digest: string
  /** Number of its messages. */
  readonly messages: number
  readonly inputTokens: number
}

export interface Prompt {
  /** As `modelName` gives it: tokens of one model say nothing of another's. */
  readonly model: string
  readonly tools: readonly ModelTool[]
  readonly messages: readonly Message[]
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
  return byteLength(message) + MESSAGE_FRAME_TOKENS
}

/** Upper bound of what stands before the messages: the provider's own frame and the tools. */
export function frameBound(tools: readonly ModelTool[]): number {
  return tools.reduce((sum, tool) => sum + byteLength(tool) + TOOL_FRAME_TOKENS, FRAME_TOKENS)
}

/** Upper bound of a prompt's input tokens, as the formula above. */
export function inputBound(prompt: Prompt, last?: MeasuredPrompt): number {
  const goesOn = last !== undefined && goesOnFrom(prompt, last)
  const rest = prompt.messages.slice(goesOn ? last.messages : 0)
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
export function measured(prompt: Prompt, inputTokens: number): MeasuredPrompt {
  return { digest: promptDigest(prompt, prompt.messages.length), messages: prompt.messages.length, inputTokens }
}

function goesOnFrom(prompt: Prompt, last: MeasuredPrompt): boolean {
  return prompt.messages.length >= last.messages && promptDigest(prompt, last.messages) === last.digest
}

/** Plain JSON suffices: the messages compared come from one journal, with one order of keys. */
function promptDigest({ model, tools, messages }: Prompt, count: number): string {
  return sha256(JSON.stringify([model, tools, messages.slice(0, count)]))
}

function byteLength(value: Message | ModelTool): number {
  return Buffer.byteLength(JSON.stringify(value))
}
