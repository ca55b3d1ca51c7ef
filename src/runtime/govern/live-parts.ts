/** Parts that a loop may act on, or that end an answer: nobody hears them before the ledger has the answer. */
const HELD = new Set(['tool-call', 'tool-result', 'tool-approval-request', 'finish'])
/** What stands before an answer says nothing of it; at another attempt it comes again. */
const BEFORE = new Set(['stream-start', 'response-metadata'])

interface Part {
  readonly type: string
}

/** A streamed answer on its way to a loop: words go through live, what can be acted on waits for the settlement. */
export class LiveParts {
  readonly readable: ReadableStream<unknown>
  /** Aborted when the loop wants no more of it. */
  readonly cancelled = new AbortController()
  #to: ReadableStreamDefaultController<unknown> | null = null
  #held: unknown[] = []
  #attempts = 0
  /** Part of an answer reached the loop. */
  spoken = false
  #begin: () => void = () => undefined
  readonly begun = new Promise<void>((begin) => {
    this.#begin = begin
  })

  constructor() {
    this.readable = new ReadableStream({
      start: (to) => {
        this.#to = to
      },
      cancel: (reason) => this.cancelled.abort(reason),
    })
  }

  /** Another attempt answers. */
  attempt(): void {
    this.#attempts += 1
    this.#held = []
  }

  hear(part: Part): void {
    this.#begin()
    if (this.#held.length > 0 || HELD.has(part.type)) this.#held.push(part)
    else if (!BEFORE.has(part.type) || this.#attempts === 1) this.#say(part)
  }

  #say(part: Part): void {
    if (!BEFORE.has(part.type)) this.spoken = true
    if (!this.cancelled.signal.aborted) this.#to?.enqueue(part)
  }

  /** The answer is in the ledger: what was held goes out; `replayed` where no attempt was made here. */
  finish(replayed: () => readonly object[]): void {
    this.#begin()
    if (this.cancelled.signal.aborted) return
    for (const part of this.#attempts === 0 ? replayed() : this.#held) this.#to?.enqueue(part)
    this.#to?.close()
  }

  fail(error: unknown): void {
    this.#begin()
    if (!this.cancelled.signal.aborted) this.#to?.error(error)
  }
}
