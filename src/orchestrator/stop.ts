/**
 * The way to abort one attempt. Its signal is made when somebody asks for it, which most tools never do: an AbortController
 * costs more than all else that a step needs here.
 */
export class Stop {
  #aborted = false
  #reason: unknown
  #controller: AbortController | null = null
  #hear: (() => void) | null = null

  get aborted(): boolean {
    return this.#aborted
  }

  /** What it was aborted with. */
  get reason(): unknown {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** The first reason is heeded. Listeners of the signal hear of it before whoever waits by `orAborted`. */
  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#hear?.()
  }

  /** The work, or a rejection with the reason if the abort comes before its end: who does not heed it is left behind. One at a time. */
  orAborted<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#hear = () => reject(this.#reason)
      work.then(resolve, reject)
    })
  }
}
