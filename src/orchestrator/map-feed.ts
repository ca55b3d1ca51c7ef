import { MidwatchError } from '../core/errors.js'
import { type JsonValue, toJson } from '../core/json.js'
import type { Activation } from './activation.js'

/** One row of a map, as it is admitted. */
export interface MapRow {
  readonly key: string
  readonly input: JsonValue
}

/** So many rows may wait to be admitted before no more are asked for. */
const MOST_WAITING = 1_024
const LONGEST_KEY = 500

/** Rows on their way into the ledger, in order. Each key stands for one row. */
export class MapFeed<T> {
  readonly #keys = new Set<string>()
  #rows: MapRow[] = []
  #isOver = false
  #hear: (() => void)[] = []

  constructor(
    private readonly step: string,
    private readonly keyOf: (row: T) => string,
  ) {}

  get keys(): string[] {
    return [...this.#keys]
  }

  get isFull(): boolean {
    return this.#rows.length >= MOST_WAITING
  }

  /** Throws `invalid_input` for a key that is none, or that another row has. */
  add(row: T): void {
    const key = this.keyOf(row)
    if (typeof key !== 'string' || key === '' || key.length > LONGEST_KEY)
      throw this.#wrong(`the key of row ${this.#keys.size + 1} is no text of 1 to ${LONGEST_KEY} characters.`)
    if (this.#keys.has(key)) throw this.#wrong(`two rows have the key '${key}'; each needs one of its own.`)
    this.#keys.add(key)
    this.#rows.push({ key, input: toJson(row) })
    this.#tell()
  }

  /** No more rows will come. */
  close(): void {
    this.#isOver = true
    this.#tell()
  }

  /** The next rows, at most so many, as they come; none once all have been taken. */
  async take(most: number): Promise<MapRow[]> {
    while (this.#rows.length === 0 && !this.#isOver) await this.changed()
    const taken = this.#rows.slice(0, most)
    this.#rows = this.#rows.slice(taken.length)
    this.#tell()
    return taken
  }

  /** Passes by rows that were taken before, by a worker that is gone. */
  async skip(rows: number): Promise<void> {
    for (let left = rows; left > 0; ) {
      const taken = await this.take(Math.min(left, MOST_WAITING))
      if (taken.length === 0) return
      left -= taken.length
    }
  }

  /** Resolves when rows came or were taken, or no more will come. */
  changed(): Promise<void> {
    return new Promise((go) => this.#hear.push(go))
  }

  #tell(): void {
    for (const go of this.#hear.splice(0)) go()
  }

  #wrong(what: string): MidwatchError {
    return new MidwatchError('invalid_input', `ctx.map (${this.step}): ${what}`)
  }
}

/** Rows that are there already. */
export function fill<T>(feed: MapFeed<T>, rows: readonly T[]): void {
  for (const row of rows) feed.add(row)
  feed.close()
}

/**
 * Rows as they come, no faster than they are admitted. Where the journal holds what came of the map, or what the source read
 * besides, nothing is waited for: a replay asks for all of that first.
 */
export async function readInto<T>(
  run: Pick<Activation, 'delivery' | 'journal'>,
  feed: MapFeed<T>,
  rows: AsyncIterable<T>,
  step: string,
): Promise<void> {
  for await (const row of rows) {
    feed.add(row)
    while (feed.isFull && !run.delivery.replaying && run.journal.step(step).final === null) await feed.changed()
  }
  feed.close()
}
