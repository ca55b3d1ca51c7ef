import type { Entry } from './entries.js'
import type { Pin } from './serving.js'

/**
 * A place on the whole ledger: behind it lies what was read, before it everything that is still to come. It holds for one life
 * of the ledger: after a failover or a restore it is `unknown`, because what it stood behind may not be there any more. Opaque,
 * printable, without spaces.
 */
export type Position = string

/** An entry at its place, with what whoever reads it is judged and asks by. */
export interface FeedEntry extends Pin {
  readonly position: Position
  readonly tenant: string
  readonly session: string | null
  readonly entry: Entry
}

/** `next` is the place behind the last entry, or further on when there is nothing more for now. */
export type FeedPage =
  | { readonly code: 'ok'; readonly entries: readonly FeedEntry[]; readonly next: Position }
  | { readonly code: 'unknown' }

export interface FeedRange {
  readonly after: Position | null
  /** A place that was given by this ledger; when all up to it was read, it is `next`. */
  readonly until?: Position
  readonly limit: number
}

/**
 * Every entry of every journal, once, in an order that keeps that of each journal. None is missed, however late its transaction
 * commits: one that still runs holds back those that began after it. What was pruned is not there any more.
 */
export interface Feed {
  /** Up to `limit` entries after a place, and none behind `until`; `null` is before the first that is kept. */
  read(p: FeedRange): Promise<FeedPage>
  /** The place behind everything that is readable now. */
  head(): Promise<Position>
}
