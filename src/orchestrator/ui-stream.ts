import type { LivePart, LiveText } from './live-text.js'

interface Seen {
  readonly kind: string
  readonly body: unknown
}

interface Body {
  readonly sort?: string
  readonly name?: string
  readonly input?: unknown
  readonly step?: string
  readonly final?: { readonly status: string; readonly output?: unknown }
  readonly outcome?: unknown
}

/**
 * A run as parts of the AI SDK's UI message stream, protocol v1: `start`, `text-*` live while a model speaks, `tool-input-available`
 * and `tool-output-available` as steps begin and settle, `data-outcome` and `finish` at the end.
 */
export function uiMessageStream(
  runId: string,
  events: (isOver: () => boolean) => AsyncIterable<Seen>,
  live: LiveText,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stop: () => void = () => undefined
  let isOver = false
  return new ReadableStream({
    async start(controller) {
      const send = (part: object) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(part)}\n\n`))
      const text = new LiveBlock(runId, send)
      send({ type: 'start', messageId: runId })
      stop = live.listen(runId, (part) => text.hear(part))
      try {
        for await (const event of events(() => isOver)) {
          if (isOver) return
          text.end()
          for (const part of partsOf(event)) send(part)
        }
      } finally {
        stop()
      }
      if (isOver) return
      send({ type: 'finish' })
      controller.enqueue(encoder.encode('data: [DONE]\n\n'))
      controller.close()
    },
    cancel: () => {
      isOver = true
      stop()
    },
  })
}

/** One block of text at a time; a journal entry ends it. */
class LiveBlock {
  #n = 0
  #open = false
  constructor(
    private readonly runId: string,
    private readonly send: (part: object) => void,
  ) {}

  hear(part: LivePart): void {
    if (part.type !== 'text') return
    const id = `${this.runId}-${this.#n}`
    if (!this.#open) this.send({ type: 'text-start', id })
    this.#open = true
    this.send({ type: 'text-delta', id, delta: part.delta })
  }

  end(): void {
    if (!this.#open) return
    this.send({ type: 'text-end', id: `${this.runId}-${this.#n}` })
    this.#open = false
    this.#n += 1
  }
}

function partsOf(event: Seen): object[] {
  const body = event.body as Body
  if (event.kind === 'begin' && body.sort === 'tool') {
    return [
      { type: 'tool-input-available', toolCallId: body.step ?? body.name, toolName: body.name, input: body.input },
    ]
  }
  if (event.kind === 'end') return [{ type: 'data-outcome', data: body.outcome }]
  return []
}
