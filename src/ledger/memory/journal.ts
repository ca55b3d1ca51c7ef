import { bodyDigest, chainHash, headerOf } from '../../core/chain.js'
import type { Entry, EntryFacts, EntryKind } from '../../core/entries.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** What the writer brings; the rest of an entry is stamped. */
export interface Draft {
  readonly kind: EntryKind
  readonly ref?: number
  readonly facts: EntryFacts
  readonly body: string
  readonly salt: string
  /** Known already where a twin was looked for. */
  readonly digest?: string
}

/** Appends one entry: numbered, stamped with fence, time and epoch, and chained to the one before; and to the feed. */
export function append(store: Store, run: Run, at: EpochMs, draft: Draft): Entry {
  const { kind, ref = null, facts, body, salt } = draft
  const { runId } = run.admission
  const { fence } = run
  const { epoch } = store.switches
  const seq = run.entries.length + 1
  // This very text is hashed, so it is kept beside the facts.
  const factsText = JSON.stringify(facts)
  const digest = draft.digest ?? bodyDigest(salt, body)
  const hash = chainHash(
    run.entries.at(-1)?.hash ?? '',
    headerOf({ runId, seq, kind, fence, at, epoch, ref, factsText }),
    digest,
  )
  // Written out, not spread: it is made for each entry of each rehearsed case, and a spread costs as much as the hash.
  const entry: Entry = { runId, seq, kind, fence, at, epoch, ref, facts, factsText, body, salt, digest, hash }
  run.entries.push(entry)
  store.written.push({ run, seq })
  return entry
}
