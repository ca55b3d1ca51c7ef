import type { Caller } from '../../core/access.js'
import { sees } from '../../core/access.js'
import type { EntryKind } from '../../core/entries.js'
import type { FeedEntry, Position } from '../../core/feed.js'
import { followLedger, type LedgerBeat } from '../../runtime/feed/follow.js'
import { eventStream, type ServerEvent } from './event-stream.js'
import { eventOf, type Live, newInbox } from './live.js'

/** What of the whole ledger is wanted; what is left out is everything that the caller may see. */
export interface LedgerEventsFilter {
  readonly tenants?: readonly string[] | undefined
  readonly agent?: string | undefined
  readonly session?: string | undefined
  readonly kinds?: readonly EntryKind[] | undefined
}

/**
 * Entries of all journals as server-sent events: `id` is the place behind each. Begins behind `Last-Event-ID`, else at `from`:
 * `start`, `head` (default) or a place. Throws `unknown_position`.
 */
export async function ledgerEvents(
  live: Live,
  caller: Caller,
  p: { readonly from: string | undefined; readonly lastEventId: string | null; readonly filter: LedgerEventsFilter },
): Promise<Response> {
  const wants = (one: FeedEntry) => sees(caller, one.tenant) && fits(one, p.filter)
  const inbox = newInbox(wants)
  const beats = followLedger(live, { after: placeOf(p.lastEventId || p.from), wants, inbox })
  // A place that is not known is refused before the stream begins; from the head on there is nothing to ask yet.
  const first = p.lastEventId || (p.from ?? 'head') !== 'head' ? await beats.next() : null
  return eventStream(told(live, caller, first, beats), inbox.end)
}

const placeOf = (named: string | undefined): Position | null => (named === 'start' ? null : (named ?? 'head'))

function fits({ tenant, agent, session, entry }: FeedEntry, filter: LedgerEventsFilter): boolean {
  const isOf = (wanted: string | undefined, is: string | null) => wanted === undefined || wanted === is
  const { tenants, kinds } = filter
  return (
    isOf(filter.agent, agent) &&
    isOf(filter.session, session) &&
    (tenants?.includes(tenant) ?? true) &&
    (kinds?.includes(entry.kind) ?? true)
  )
}

/** The last event of a beat may be without words: then it only says how far the ledger was looked through. */
async function* told(
  live: Live,
  caller: Caller,
  first: IteratorResult<LedgerBeat> | null,
  beats: AsyncGenerator<LedgerBeat>,
): AsyncGenerator<readonly ServerEvent[]> {
  try {
    for (let beat = first ?? (await beats.next()); !beat.done; beat = await beats.next()) {
      const { entries, place } = beat.value
      const events = await Promise.all(entries.map((one) => toldOf(live, caller, one)))
      yield place === null || events.at(-1)?.id === place ? events : [...events, { id: place }]
    }
  } finally {
    await beats.return(undefined)
  }
}

async function toldOf(live: Live, caller: Caller, one: FeedEntry): Promise<ServerEvent> {
  const { position: id, tenant, agent, session, entry } = one
  return { id, data: { tenant, agent, session, ...eventOf(await live.redaction.entryFor(caller, one, entry)) } }
}
