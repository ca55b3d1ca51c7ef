/** One event as a client reads it. */
export interface ReadEvent {
  readonly id: string
  // biome-ignore lint/suspicious/noExplicitAny: what the test expects is in the test
  readonly data: any
}

/** Reads a response as an EventSource would: events with data, and the last id, which empty events move too. */
export class SseClient {
  lastEventId = ''
  #reader: ReadableStreamDefaultReader<Uint8Array>
  #decoder = new TextDecoder()
  #rest = ''
  #ready: ReadEvent[] = []

  constructor(readonly response: Response) {
    if (!response.body) throw new RangeError('the response has no body')
    this.#reader = response.body.getReader()
  }

  /** The next event with data; null at the end of the stream. */
  async next(): Promise<ReadEvent | null> {
    for (;;) {
      const ready = this.#ready.shift()
      if (ready) {
        this.lastEventId = ready.id
        return ready
      }
      const { done, value } = await this.#reader.read()
      if (done) return null
      this.#take(this.#decoder.decode(value, { stream: true }))
    }
  }

  async take(count: number): Promise<ReadEvent[]> {
    const events: ReadEvent[] = []
    while (events.length < count) {
      const event = await this.next()
      if (!event) break
      events.push(event)
    }
    return events
  }

  async leave(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined)
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const [id, data] = [fields.get('id'), fields.get('data')]
      if (data !== undefined) this.#ready.push({ id: id ?? '', data: JSON.parse(data) })
      else if (id !== undefined && this.#ready.length === 0) this.lastEventId = id
    }
  }
}
