import type { Entry } from '../../core/entries.js'
import type { Ledger } from '../../core/ledger.js'
import type { FeedHub } from '../../runtime/feed/feed-hub.js'
import { Inbox } from '../../runtime/feed/inbox.js'
import { systemClock } from '../../runtime/operator.js'
import type { Redaction } from '../../runtime/redact/redaction.js'

/** What streams of one server share. */
export interface Live {
  readonly ledger: Ledger
  readonly hub: FeedHub
  readonly redaction: Redaction
}

export const newInbox = (wants?: ConstructorParameters<typeof Inbox>[1]): Inbox => new Inbox(systemClock, wants)

/** An entry as streams tell it; `body` is null once it was erased. */
export function eventOf({ runId, seq, kind, at, ref, facts, body }: Entry) {
  return { runId, seq, kind, at, ref, facts, body: body === null ? null : (JSON.parse(body) as unknown) }
}
