import type { Caller } from '../../core/access.js'
import type { Entry } from '../../core/entries.js'
import type { Ledger } from '../../core/ledger.js'
import type { Pin } from '../../core/serving.js'
import type { FeedHub } from '../../runtime/feed/feed-hub.js'
import { Inbox } from '../../runtime/feed/inbox.js'
import { systemClock } from '../../runtime/operator.js'

/** What streams of one server share. */
export interface Live {
  readonly ledger: Ledger
  readonly hub: FeedHub
  /** An entry as this caller may see it. */
  readonly show: (caller: Caller, run: Pin, entry: Entry) => Entry | Promise<Entry>
}

export const newInbox = (wants?: ConstructorParameters<typeof Inbox>[1]): Inbox => new Inbox(systemClock, wants)

/** An entry as streams tell it; `body` is null once it was erased. */
export function eventOf({ runId, seq, kind, at, ref, facts, body }: Entry) {
  return { runId, seq, kind, at, ref, facts, body: body === null ? null : (JSON.parse(body) as unknown) }
}
