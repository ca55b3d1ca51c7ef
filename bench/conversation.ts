/** One long conversation, the same for whoever holds it: messages, each of so many exchanges of a model and a tool. */
export const MESSAGES = 40
/** Calls of the tool for one message; a model step before each, and one more that answers. */
export const EXCHANGES = 25
export const STEPS = MESSAGES * (2 * EXCHANGES + 1)

/** Somebody who holds the conversation on one PostgreSQL. */
export interface Talker {
  /** Works one message to its answer. */
  message(no: number): Promise<void>
  close(): Promise<void>
}

/** Whoever asks the model says so: from one call to the next lie two steps of the same message. */
export class Pulse {
  readonly stepMs: number[] = []
  /** When the model was last asked; null before the first call of a message. */
  #last: number | null = null
  /** The first model call since it was last reset, for those who wait for a conversation to go on. */
  firstAt: number | null = null

  beat(): void {
    const now = performance.now()
    this.firstAt ??= now
    if (this.#last !== null) this.stepMs.push((now - this.#last) / 2)
    this.#last = now
  }

  /** Between two messages: the pause is nobody's step. */
  rest(): void {
    this.#last = null
    this.firstAt = null
  }
}
