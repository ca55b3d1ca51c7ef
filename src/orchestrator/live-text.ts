import type { StreamPart } from '../models/answer.js'

/** Text of a model call as it comes, for listeners in this process. It is not journalled token by token. */
export class LiveText {
  readonly #hear = new Map<string, Set<(part: LivePart) => void>>()

  /** Listens to one run; give back the function that stops it. */
  listen(runId: string, hear: (part: LivePart) => void): () => void {
    const ears = this.#hear.get(runId) ?? new Set()
    this.#hear.set(runId, ears.add(hear))
    return () => {
      ears.delete(hear)
      if (ears.size === 0) this.#hear.delete(runId)
    }
  }

  /** A voice for one run, or nothing when nobody listens: then there is no need to stream. */
  voice(runId: string): ((part: LivePart) => void) | undefined {
    if (!this.#hear.has(runId)) return undefined
    return (part) => {
      for (const hear of this.#hear.get(runId) ?? []) hear(part)
    }
  }
}

/** `over`: the call has ended, however it did. */
export type LivePart = StreamPart | { readonly type: 'over' }
