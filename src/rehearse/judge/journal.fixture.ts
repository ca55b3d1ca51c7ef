import type { Entry, EntryFacts, EntryKind } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'

/** One entry as far as the rules look at it. */
export interface Line {
  readonly kind: EntryKind
  readonly at: number
  readonly ref?: number
  readonly facts?: EntryFacts
  readonly body?: unknown
}

/** A run of tenant `t` with these entries, numbered from 1, under fence 1. */
export function runOf(lines: readonly Line[], runId = 'run'): RunFacts {
  const entries = lines.map(({ ref = null, facts = {}, body = {}, ...line }, i) => ({
    ...{ runId, fence: 1, seq: i + 1, ref, facts, ...line },
    body: JSON.stringify(body),
  }))
  return { run: { runId, tenant: 't' }, entries: entries as unknown as Entry[] } as unknown as RunFacts
}
