import type { Entry } from '../core/entries.js'
import type { LivePart, LiveText } from './live-text.js'
import { type UiPart, UiParts } from './ui-parts.js'

/** For whom a run is streamed: what they may see of its entries, and whether they hear a model while it speaks. */
export interface UiStreamOptions {
  readonly show?: (entry: Entry) => Entry | Promise<Entry>
  /** Default true. Without it they read what was said once it is in the journal. */
  readonly words?: boolean
}

type Entries = (isOver: () => boolean) => AsyncIterable<Entry>

/** The journal is read as fast as the client takes it; of what is heard live so much waits, then the client is let go. */
const WAITING_BYTES = 64_000
const MOST_WAITING_BYTES = 4_000_000

export function shown(entries: Entries, show: NonNullable<UiStreamOptions['show']>): Entries {
  return async function* (isOver) {
    for await (const entry of entries(isOver)) yield await show(entry)
  }
}

/**
 * A run as parts of the AI SDK's UI message stream, protocol v1: `start`, `text-*` live while a model speaks and from the journal
 * where nobody listened, `tool-input-available`, `tool-output-available` and `tool-output-error` as steps begin and settle,
 * `data-outcome` and `finish` at the end. It always begins with the first entry: whoever comes back gets the whole message.
 */
export function uiMessageStream(runId: string, entries: Entries, live: LiveText): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stop: () => void = () => undefined
  let taken: () => void = () => undefined
  let isOver = false
  const end = () => {
    isOver = true
    stop()
    taken()
  }
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const room = () => controller.desiredSize ?? 0
    const write = (text: string) => {
      if (isOver) return
      controller.enqueue(encoder.encode(`data: ${text}\n\n`))
      if (room() > -MOST_WAITING_BYTES) return
      end()
      controller.close()
    }
    const send = (part: UiPart) => write(JSON.stringify(part))
    const text = new Texts(runId, send)
    const parts = new UiParts()
    send({ type: 'start', messageId: runId })
    stop = live.listen(runId, (part) => text.hear(part))
    const read = async () => {
      for await (const entry of entries(() => isOver)) {
        text.read(parts.said(entry))
        for (const part of parts.of(entry)) send(part)
        while (!isOver && room() <= 0) await new Promise<void>((resolve) => (taken = resolve))
      }
      text.end()
      send({ type: 'finish' })
      write('[DONE]')
    }
    const over = (finish: () => void) => {
      if (isOver) return
      end()
      finish()
    }
    read().then(
      () => over(() => controller.close()),
      (error) => over(() => controller.error(error)),
    )
  }
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES })
  return new ReadableStream({ start, pull: () => taken(), cancel: end }, strategy)
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
