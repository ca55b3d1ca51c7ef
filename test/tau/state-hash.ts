import { sha256 } from '../../src/core/digest.js'
import { canonical } from '../../src/core/json.js'
import type { Tables } from './records.js'

/** SHA-256 of a record's canonical JSON, null-valued keys left out. */
export function recordHash(record: unknown): string {
  return sha256(canonical(withoutNulls(record)))
}

/** The same value without null-valued keys. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, field]) => field !== null && field !== undefined)
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutNulls(field)]))
}

/** Hash over all records, `<table>/<id>:<hash>` sorted; only what changed is hashed again. */
export class StateHash {
  private readonly base: ReadonlyMap<string, string>

  constructor(tables: Tables) {
    this.base = new Map(
      Object.entries(tables).flatMap(([table, records]) =>
        Object.entries(records as object).map(([id, record]): [string, string] => [
          `${table}/${id}`,
          recordHash(record),
        ]),
      ),
    )
  }

  /** What is not as it was, `<table>/<id>:<hash>` sorted: two states are equal when these are. Nothing else is hashed. */
  changes(changed: Readonly<Record<string, ReadonlyMap<string, unknown>>>): string[] {
    const all = Object.entries(changed).flatMap(([table, records]) =>
      [...records].map(([id, record]) => ({ name: `${table}/${id}`, hash: recordHash(record) })),
    )
    return all
      .filter(({ name, hash }) => this.base.get(name) !== hash)
      .map(({ name, hash }) => `${name}:${hash}`)
      .sort()
  }

  with(changed: Readonly<Record<string, ReadonlyMap<string, unknown>>>): string {
    const hashes = new Map(this.base)
    for (const [table, records] of Object.entries(changed)) {
      for (const [id, record] of records) hashes.set(`${table}/${id}`, recordHash(record))
    }
    return sha256(
      [...hashes]
        .map(([name, hash]) => `${name}:${hash}`)
        .sort()
        .join('\n'),
    )
  }
}
