import type { Entry } from '../core/entries.js'
import type { LivePart, LiveText } from './live-text.js'
import { type UiPart, UiParts } from './ui-parts.js'

/**
 * A run as parts of the AI SDK's UI message stream, protocol v1: `start`, `text-*` live while a model speaks and from the journal
 * where nobody listened, `tool-input-available`, `tool-output-available` and `tool-output-error` as steps begin and settle,
 * `data-outcome` and `finish` at the end.
 */
export function uiMessageStream(
  runId: string,
  entries: (isOver: () => boolean) => AsyncIterable<Entry>,
  live: LiveText,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stop: () => void = () => undefined
  let isOver = false
  return new ReadableStream({
    async start(controller) {
      const send = (part: UiPart) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(part)}\n\n`))
      const text = new Texts(runId, send)
      const parts = new UiParts()
      send({ type: 'start', messageId: runId })
      stop = live.listen(runId, (part) => text.hear(part))
      try {
        for await (const entry of entries(() => isOver)) {
          if (isOver) return
          text.read(parts.said(entry))
          for (const part of parts.of(entry)) send(part)
        }
        text.end()
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

/** Blocks of text, one for each call of a model: as it speaks, or read afterwards. */
class Texts {
  #n = 0
  #open = false
  #now = ''
  /** Heard to their end, and not met in the journal yet. */
  #heard: string[] = []

  constructor(
    private readonly runId: string,
    private readonly send: (part: UiPart) => void,
  ) {}

  hear(part: LivePart): void {
    if (part.type === 'over') this.end()
    else if (part.type === 'text') this.#say(part.delta)
  }

  /** What the journal says was said: told here only if it was not heard. An attempt that failed was heard in vain. */
  read(text: string): void {
    if (text === '') return
    const at = this.#heard.indexOf(text)
    this.#heard = this.#heard.slice(at + 1)
    if (at >= 0) return
    this.end()
    this.#say(text)
    this.end()
    this.#heard.pop()
  }

  end(): void {
    if (!this.#open) return
    this.send({ type: 'text-end', id: this.#id })
    this.#heard.push(this.#now)
    this.#now = ''
    this.#open = false
    this.#n += 1
  }

  #say(delta: string): void {
    if (!this.#open) this.send({ type: 'text-start', id: this.#id })
    this.#open = true
    this.#now += delta
    this.send({ type: 'text-delta', id: this.#id, delta })
  }

  get #id(): string {
    return `${this.runId}-${this.#n}`
  }
}
