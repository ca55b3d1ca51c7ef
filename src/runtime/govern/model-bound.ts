import { MidwatchError } from '../../core/errors.js'
import type { ForeignAsk } from './foreign-model.js'

/**
 * The most input tokens that a foreign prompt can have: a token per byte of its UTF-8 JSON, a frame per message and tool, and
 * one for the whole, as for prompts of our own (models/worst-case.ts). A prompt that goes on where a measured one of the same
 * model and tools ended counts as what that was measured to take, and the bound of what is new.
 */
const FRAME_TOKENS = 600
const MESSAGE_FRAME_TOKENS = 16
const TOOL_FRAME_TOKENS = 48
/** So many conversations are remembered of one run. */
const REMEMBERED = 32

interface Measured {
  readonly model: string
  readonly frame: string
  readonly messages: readonly string[]
  readonly inputTokens: number
}

/** A prompt in the parts that its bound is made of. */
export interface Counted {
  readonly model: string
  /** Everything beside the messages, as JSON. */
  readonly frame: string
  readonly messages: readonly string[]
  readonly bound: number
}

/** What prompts of one run were measured to take. */
export class PromptBounds {
  #measured: Measured[] = []

  /** `plain`: what is asked, as JSON. `fileTokens`: bound of one file part, of which bytes say nothing. */
  count(model: string, plain: Pick<ForeignAsk, 'prompt' | 'tools'>, fileTokens: number | undefined): Counted {
    const { prompt, ...rest } = plain
    const frame = JSON.stringify(rest)
    const messages = prompt.map((message) => JSON.stringify(message))
    const sizes = prompt.map(
      (message, i) => bytes(messages[i] ?? '') + MESSAGE_FRAME_TOKENS + files(message, fileTokens),
    )
    const last = this.#longest(model, frame, messages)
    const tools = (plain.tools?.length ?? 0) * TOOL_FRAME_TOKENS
    const before = last ? last.inputTokens : FRAME_TOKENS + bytes(frame) + tools
    const bound = sizes.slice(last?.messages.length ?? 0).reduce((sum, size) => sum + size, before)
    return { model, frame, messages, bound }
  }

  measured({ model, frame, messages }: Counted, inputTokens: number | null | undefined): void {
    if (inputTokens) this.#measured = [{ model, frame, messages, inputTokens }, ...this.#measured].slice(0, REMEMBERED)
  }

  #longest(model: string, frame: string, messages: readonly string[]): Measured | undefined {
    const before = this.#measured.filter(
      (m) =>
        m.model === model &&
        m.frame === frame &&
        m.messages.length <= messages.length &&
        m.messages.every((message, i) => message === messages[i]),
    )
    return before.sort((a, b) => b.messages.length - a.messages.length)[0]
  }
}

const bytes = (text: string): number => Buffer.byteLength(text)

/** Files among what a message holds, in results of tools as well: of any part that is not words the bytes say nothing. */
function files(message: object, fileTokens: number | undefined): number {
  const count = partsOf(message).filter(({ type }) => type !== undefined && FILES.test(type)).length
  if (count > 0 && fileTokens === undefined) {
    throw new MidwatchError(
      'invalid_input',
      'The prompt holds a file, and nothing bounds the tokens that it takes: say model(…, { fileTokens: 5_000 }), the most that one file can be.',
    )
  }
  return count * (fileTokens ?? 0)
}

const FILES = /^(file|image|media|reasoning-file)/

interface Part {
  readonly type?: string
  readonly output?: { readonly type?: string; readonly value?: unknown }
}

function partsOf({ content }: { readonly content?: unknown }): Part[] {
  const parts = Array.isArray(content) ? (content as Part[]) : []
  return parts.flatMap((part) => {
    const { type, value } = part.output ?? {}
    return type === 'content' && Array.isArray(value) ? [part, ...(value as Part[])] : [part]
  })
}
