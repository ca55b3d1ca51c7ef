import type { Span } from '@opentelemetry/api'

/** More are open only where something is wrong; the oldest are ended then. */
const MOST = 20_000

/** Spans that are open, by name. */
export class LiveSpans {
  readonly #open = new Map<string, Span>()

  get(key: string): Span | undefined {
    return this.#open.get(key)
  }

  put(key: string, span: Span): Span {
    this.take(key)?.end()
    this.#open.set(key, span)
    const [oldest] = this.#open.keys()
    if (this.#open.size > MOST && oldest !== undefined) this.take(oldest)?.end()
    return span
  }

  /** It is the caller's to end. */
  take(key: string): Span | undefined {
    const span = this.#open.get(key)
    this.#open.delete(key)
    return span
  }

  endAll(): void {
    for (const span of this.#open.values()) span.end()
    this.#open.clear()
  }
}
