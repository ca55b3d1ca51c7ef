import { bodyDigest, chainHash, headerOf } from '../chain.js'
import type { Entry } from '../entries.js'
import { factsOf } from '../facts.js'
import { canonical } from '../json.js'
import type { Invariant, Tell } from './invariant.js'

/**
 * Finds edits, deletions and truncation by whoever can write to the tables, as long as hashes were not recomputed to the
 * head *and* on the run's row: against that only a copy of the heads kept elsewhere helps. An erased body keeps its digest.
 */
export const hashChain: Invariant = {
  id: 'I9',
  name: 'chain',
  promise:
    "Each entry's hash covers its header, the digest of its body and the hash before it; the run's head is the last.",
  inspect: (tell) => ({
    run: ({ run, entries }) => {
      let before = ''
      for (const entry of entries) {
        checkEntry(entry, before, tell)
        before = entry.hash
      }
      const headSeq = entries.at(-1)?.seq ?? 0
      if (run.headSeq !== headSeq || run.headHash !== before)
        tell("The run's head is not its last entry: entries were cut off, or the run was altered.", {
          runId: run.runId,
          numbers: { headSeq: run.headSeq, lastEntry: headSeq },
        })
    },
    pruned: ({ run, entries }) => {
      const { runId, headSeq, headHash, proof, state, open } = run
      const lacks = headSeq < 1 || headHash === '' || !proof || proof.firstHash === ''
      if (lacks || state !== 'ended' || open.length > 0)
        tell('The run was pruned, and its row does not prove that there was a whole journal.', { runId })
      if (entries.length > 0)
        tell('The run was pruned, yet it has entries.', { runId, numbers: { entries: entries.length } })
    },
  }),
}

/** Each thing that can be altered alone has its own sentence; the hash tells of the rest. */
function checkEntry(entry: Entry, before: string, tell: Tell): void {
  const { runId, seq, salt, body, digest, hash } = entry
  if (body !== null && bodyDigest(salt, body) !== digest) tell('The body was altered.', { runId, seq })
  if (!sameFacts(entry)) tell('The facts are not those that were hashed.', { runId, seq })
  if (chainHash(before, headerOf(entry), digest) !== hash)
    tell('The hash does not follow from the entry before: an entry was altered, added or removed.', { runId, seq })
}

/** Facts are stored as the text that was hashed; what readers parse must be that text. Mostly it is so to the letter. */
function sameFacts({ facts, factsText }: Entry): boolean {
  try {
    if (JSON.stringify(facts) === factsText) return true
    return canonical(factsOf(factsText)) === canonical(facts)
  } catch {
    return false
  }
}
