import type { Entry } from '../entries.js'
import { FENCES_PER_INCARNATION } from '../fence.js'
import type { Invariant, Tell } from './invariant.js'

/** Entries after which nobody holds the run until the next claim. */
const GIVES_BACK = new Set<Entry['kind']>(['admit', 'park', 'end', 'audit'])

/**
 * The fence is what keeps a worker that was taken for dead from writing beside its successor: every entry but a claim carries
 * the fence of the claim before it, and between giving a run back and the next claim nobody writes.
 */
export const oneWriter: Invariant = {
  id: 'I1',
  name: 'one writer',
  promise: 'A journal has no gap; fences never fall; each entry was written by the holder of the run.',
  inspect: (tell) => ({
    run: ({ run, entries }) => {
      if (entries.length === 0) tell('The journal is empty; a run has at least its admission.', { runId: run.runId })
      let held = false
      let fence = 0
      entries.forEach((entry, i) => {
        checkSeq(entry, i, tell)
        checkFence(entry, fence, held, tell)
        fence = entry.fence
        held = entry.kind === 'claim' || (held && !GIVES_BACK.has(entry.kind))
      })
      if (run.fence !== fence && !isRaised(run.fence, fence))
        tell('The run carries another fence than its last entry.', {
          runId: run.runId,
          numbers: { fence: run.fence, written: fence },
        })
    },
  }),
}

/** A new incarnation of the ledger takes every holder's fence by one that nobody holds, and writes nothing. */
function isRaised(fence: number, written: number): boolean {
  return fence > written && fence % FENCES_PER_INCARNATION === 0
}

function checkSeq(entry: Entry, i: number, tell: Tell): void {
  const { runId, seq } = entry
  if (seq !== i + 1) tell('Seqs have a gap or a twin.', { runId, seq, numbers: { expected: i + 1, found: seq } })
  if ((entry.kind === 'admit') !== (i === 0)) tell(`Entry ${i + 1} is '${entry.kind}'.`, { runId, seq })
}

/** The admission that took its place ended it; only what has not begun can be shed. */
const isShed = ({ kind, fence, facts }: Entry): boolean => kind === 'end' && fence === 0 && facts.shedFor !== undefined

/** A claim raises the fence and nothing else does. What a message's journal says of the run that took it in, that run wrote. */
function checkFence(entry: Entry, before: number, held: boolean, tell: Tell): void {
  const { runId, seq, kind, fence } = entry
  const numbers = { before, fence }
  if (kind === 'claim') {
    if (fence <= before) tell('A claim did not raise the fence.', { runId, seq, numbers })
  } else if (fence !== before) {
    tell(`A '${kind}' was written under a fence that did not hold the run.`, { runId, seq, numbers })
  } else if (kind !== 'admit' && !held && entry.facts.workedBy === undefined && !isShed(entry)) {
    tell(`A '${kind}' was written while nobody held the run.`, { runId, seq, numbers })
  }
}
