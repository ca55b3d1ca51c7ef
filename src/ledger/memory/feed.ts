import type { Feed, FeedEntry, FeedPage, FeedRange, Position } from '../../core/feed.js'
import type { Store } from './store.js'

/** Written in one order and never late: a place is how many entries lie behind it. */
export function feedOf(store: Store): Feed {
  return {
    read: async (p) => read(store, p),
    head: async () => positionOf(store, store.written.length),
  }
}

function read(store: Store, { after, until, limit }: FeedRange): FeedPage {
  let place = after === null ? 0 : placeOf(store, after)
  const end = until === undefined ? store.written.length : placeOf(store, until)
  if (place === null || end === null) return { code: 'unknown' }
  const entries: FeedEntry[] = []
  for (; place < end && entries.length < limit; place += 1) {
    const found = entryAt(store, place)
    if (found) entries.push(found)
  }
  return { code: 'ok', entries, next: positionOf(store, place) }
}

/** Null where the run was pruned. */
function entryAt(store: Store, place: number): FeedEntry | null {
  const { run, seq } = store.written[place] ?? {}
  const entry = run?.entries[(seq ?? 0) - 1]
  if (!run || !entry) return null
  const { tenant, session } = run.admission
  return { position: positionOf(store, place + 1), tenant, session, ...run.pin, entry }
}

function positionOf({ incarnation }: Store, place: number): Position {
  return `memory${incarnation}.${place}`
}

function placeOf(store: Store, position: Position): number | null {
  const place = Number(/^\d+$/.exec(position.slice(position.indexOf('.') + 1))?.[0] ?? -1)
  return place <= store.written.length && position === positionOf(store, place) ? place : null
}
