import type { Wake } from '../../core/ledger.js'

/** Tells listeners in a later microtask: whoever writes never runs a listener's code. */
export class Wakes {
  private readonly ears = new Set<(wake: Wake) => void>()

  tell(kind: Wake['kind'], name: string): void {
    if (this.ears.size === 0) return
    queueMicrotask(() => {
      for (const hear of this.ears) hear({ kind, name })
    })
  }

  listen(hear: (wake: Wake) => void): () => Promise<void> {
    // Wrapped, so that the same function given twice is heard twice and let go once.
    const ear = (wake: Wake) => hear(wake)
    this.ears.add(ear)
    return async () => {
      this.ears.delete(ear)
    }
  }

  /** Nobody hears anything any more. */
  silence(): void {
    this.ears.clear()
  }
}
