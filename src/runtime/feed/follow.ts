import type { Entry } from '../../core/entries.js'
import { MidwatchError } from '../../core/errors.js'
import type { FeedEntry, FeedPage, Position } from '../../core/feed.js'
import type { Ledger } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { FeedHub } from './feed-hub.js'
import type { Inbox } from './inbox.js'

export interface FollowPorts {
  readonly ledger: Ledger
  readonly hub: FeedHub
}

/** Entries of the whole ledger, or none after a quiet while; and the place behind them, where it is known. */
export interface LedgerBeat {
  readonly entries: readonly FeedEntry[]
  readonly place: Position | null
}

/**
 * Follows the whole ledger from a place (null: from its beginning; `head`: from now on), what is wanted of it, until the inbox is
 * over. What lies far behind is read page by page as it is asked for; only then the common reader is joined. Throws
 * `unknown_position`.
 */
export async function* followLedger(
  { ledger, hub }: FollowPorts,
  p: { readonly after: Position | null; readonly wants: (entry: FeedEntry) => boolean; readonly inbox: Inbox },
): AsyncGenerator<LedgerBeat> {
  const { inbox, wants } = p
  const beat = ({ entries, next }: Read): LedgerBeat => ({ entries: entries.filter(wants), place: next })
  let place = p.after
  for (let isNear = place === 'head'; !isNear && !inbox.isOver; ) {
    const page = await read(ledger, { after: place, limit: LIMITS.feed_page })
    isNear = page.entries.length < LIMITS.feed_page
    place = page.next
    yield beat(page)
  }
  const { place: until, leave } = await hub.join(inbox)
  try {
    if (place === 'head') place = until
    while (place !== until && !inbox.isOver) {
      const page = await read(ledger, { after: place, until, limit: LIMITS.feed_page })
      place = page.next
      yield beat(page)
    }
    for (let taken = await inbox.take(); taken !== 'over'; taken = await inbox.take()) {
      yield { entries: taken, place: taken.at(-1)?.position ?? inbox.place }
    }
  } finally {
    leave()
  }
}

type Read = Extract<FeedPage, { code: 'ok' }>

async function read(ledger: Ledger, range: Parameters<Ledger['feed']['read']>[0]): Promise<Read> {
  const page = await ledger.feed.read(range)
  if (page.code === 'ok') return page
  throw new MidwatchError(
    'unknown_position',
    'This ledger does not know that place: it is of before a failover or a restore, or no place at all. Begin with start or head.',
  )
}

/** Follows one run from a seq on until it is over, or the inbox is; no entries after a quiet while. */
export async function* followRun(
  { ledger, hub }: FollowPorts,
  p: { readonly runId: string; readonly from: number; readonly inbox: Inbox },
): AsyncGenerator<readonly Entry[]> {
  const { runId, from, inbox } = p
  const { leave } = await hub.join({ runId, hear: inbox.hear, end: inbox.end })
  let next = from
  try {
    for (let isNear = false; !isNear && !inbox.isOver; ) {
      const entries = await ledger.journal({ runId, from: next, limit: LIMITS.feed_page })
      isNear = entries.length < LIMITS.feed_page
      next = (entries.at(-1)?.seq ?? next - 1) + 1
      if (entries.length > 0) yield entries
    }
    while (!(await isOver(ledger, runId, next))) {
      const fresh = await freshIn(inbox, next)
      if (fresh === null) return
      next += fresh.length
      yield fresh
    }
  } finally {
    leave()
  }
}

/** What the inbox has that the journal had not, or none after a quiet while; null when it is over. */
async function freshIn(inbox: Inbox, next: number): Promise<readonly Entry[] | null> {
  for (;;) {
    const taken = await inbox.take()
    if (taken === 'over') return null
    const fresh = taken.map(({ entry }) => entry).filter(({ seq }) => seq >= next)
    if (fresh.length > 0 || taken.length === 0) return fresh
  }
}

/** It has ended, nothing of it is open, and everything before `next` is all there is. */
export async function isOver(ledger: Ledger, runId: string, next: number): Promise<boolean> {
  const run = await ledger.run({ runId })
  return !run || (run.state === 'ended' && run.open.length === 0 && run.workerId === null && next > run.headSeq)
}
