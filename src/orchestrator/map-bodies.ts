import type { Ctx } from './ctx-types.js'

/** What a map does with one of its rows. */
export type MapBody = (ctx: Ctx, row: unknown) => Promise<unknown>

/** Maps whose bodies are kept: the oldest that nobody asked for goes first. */
const MOST_KEPT = 256

/**
 * The functions of the maps that this worker knows, by the run that maps and the step of it. A worker that takes up an item
 * of a run that it does not have replays that run's journal, read only, as far as the map.
 */
export class MapBodies {
  readonly #kept = new Map<string, MapBody>()
  readonly #awaited = new Map<string, Promise<MapBody | null>>()
  readonly #hear = new Map<string, (body: MapBody) => void>()

  keep(runId: string, step: string, body: MapBody): void {
    const key = `${runId}|${step}`
    this.#kept.delete(key)
    this.#kept.set(key, body)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
    this.#hear.get(key)?.(body)
  }

  /** The body, or what the replay comes upon; null when that ends without it. Asked for many times it is replayed once. */
  find(runId: string, step: string, replay: () => Promise<unknown>): Promise<MapBody | null> {
    const key = `${runId}|${step}`
    const known = this.#kept.get(key)
    if (known) {
      this.keep(runId, step, known)
      return Promise.resolve(known)
    }
    const awaited = this.#awaited.get(key) ?? this.#replayed(key, replay)
    this.#awaited.set(key, awaited)
    return awaited
  }

  async #replayed(key: string, replay: () => Promise<unknown>): Promise<MapBody | null> {
    const heard = new Promise<MapBody>((hear) => this.#hear.set(key, hear))
    try {
      return await Promise.race([heard, replay().then(() => this.#kept.get(key) ?? null)])
    } finally {
      this.#hear.delete(key)
      this.#awaited.delete(key)
    }
  }
}
