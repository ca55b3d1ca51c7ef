import type { Observed } from './observed.js'
import type { Tracing } from './telemetry.js'

type Listener = (event: Observed) => void

/**
 * Those who hear what happens in a process. Whoever has something to tell looks at `on` first, so that nothing is made for
 * nobody. A listener hears in the same turn; one that throws is alarmed once and harms nobody.
 */
export class Observers {
  /** True while anybody listens. */
  on = false
  tracing: Tracing | null = null
  #listeners: readonly Listener[] = []
  readonly #alarmed = new WeakSet<Listener>()

  constructor(private readonly alarm: (what: string) => void = () => undefined) {}

  /** Give back the function that ends it. */
  add(listener: Listener): () => void {
    // The same function may listen twice: each has its own end.
    const one: Listener = (event) => listener(event)
    this.#listeners = [...this.#listeners, one]
    this.on = true
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== one)
      this.on = this.#listeners.length > 0
    }
  }

  tell(event: Observed): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#threw(listener, event, error)
      }
    }
  }

  #threw(listener: Listener, { kind }: Observed, error: unknown): void {
    if (this.#alarmed.has(listener)) return
    this.#alarmed.add(listener)
    const why = error instanceof Error ? error.message : String(error)
    this.alarm(`A listener of mw.observe threw at '${kind}' (${why}). It is told on; this is said once.`)
  }
}

/** For those that nobody can listen to. */
export const NOBODY = new Observers()
