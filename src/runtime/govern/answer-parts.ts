import type { PortPart } from '../../models/port.js'
import type { ForeignModel, KeptAnswer } from './foreign-model.js'
import { BYTES, plain } from './plain.js'

type Part = { -readonly [K in keyof PortPart]: PortPart[K] } & { warnings?: unknown[]; id?: string; modelId?: string }
type Whole = Awaited<ReturnType<ForeignModel['doGenerate']>>

/** Parts that stand in an answer as they come; any other is passed over. */
const AS_THEY_ARE = new Set([
  'tool-call',
  'tool-result',
  'tool-approval-request',
  'file',
  'reasoning-file',
  'source',
  'custom',
])
const OPENED = /^(text|reasoning)-(start|delta|end)$/

/** An answer that comes in parts, put together as its provider would have given it whole. */
export class AnswerParts {
  readonly #content: Part[] = []
  readonly #open = new Map<string, Part>()
  #warnings: unknown[] = []
  #response: object = {}
  #last: Part | null = null

  hear(part: Part): void {
    const [, sort = '', step] = OPENED.exec(part.type) ?? []
    if (step !== undefined) this.#hearText(sort, part)
    else if (AS_THEY_ARE.has(part.type)) this.#content.push(part)
    else if (part.type === 'stream-start') this.#warnings = part.warnings ?? []
    else if (part.type === 'response-metadata') this.#response = { ...this.#response, ...part, type: undefined }
    else if (part.type === 'finish') this.#last = part
  }

  #hearText(sort: string, { id = '', delta = '', providerMetadata }: Part): void {
    const known = this.#open.get(`${sort}:${id}`)
    const open: Part = known ?? { type: sort, text: '' }
    if (!known) this.#content.push(open)
    this.#open.set(`${sort}:${id}`, open)
    open.text = (open.text ?? '') + delta
    if (providerMetadata) open.providerMetadata = providerMetadata
  }

  /** What was heard, like an answer that came whole; one that broke off has no reason for its end. */
  whole(): Whole {
    const { finishReason, usage, providerMetadata } = this.#last ?? ({} as Part)
    return {
      content: this.#content,
      finishReason,
      usage,
      warnings: this.#warnings,
      providerMetadata,
      response: this.#response,
    }
  }
}

/** What the journal keeps of an answer. */
export function keptOf({ content, finishReason, usage, warnings, providerMetadata, response }: Whole): KeptAnswer {
  const { id, modelId, timestamp } = response ?? {}
  const kept = {
    content,
    finishReason,
    usage,
    warnings: warnings ?? [],
    providerMetadata,
    response: { id, modelId, timestamp },
  }
  return plain(kept, BYTES.whole) as unknown as KeptAnswer
}

/** The answer as a loop is given it, live as in a replay. */
export function wholeOf(kept: KeptAnswer): Whole {
  return { ...kept, response: responseOf(kept) }
}

/** The same, for a loop that wants it in parts. */
export function partsOf(kept: KeptAnswer): object[] {
  const { content, finishReason, usage, warnings, providerMetadata } = kept
  return [
    { type: 'stream-start', warnings },
    { type: 'response-metadata', ...responseOf(kept) },
    ...content.flatMap(spread),
    { type: 'finish', finishReason, usage, providerMetadata },
  ]
}

function spread(part: PortPart, place: number): object[] {
  const { type, text, providerMetadata } = part
  if (type !== 'text' && type !== 'reasoning') return [part]
  const id = String(place)
  return [
    { type: `${type}-start`, id, providerMetadata },
    { type: `${type}-delta`, id, delta: text ?? '' },
    { type: `${type}-end`, id, providerMetadata },
  ]
}

function responseOf({ response = {} }: KeptAnswer): object {
  const { timestamp, ...rest } = response
  return timestamp === undefined ? rest : { ...rest, timestamp: new Date(timestamp) }
}
