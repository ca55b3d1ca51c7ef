import type { Entry, StampedCharge } from '../../core/entries.js'
import { meterKey } from '../../core/invariants/facts.js'
import type { Proof, ProofSum } from '../../core/sessions.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'
import { rowOf } from './runs.js'
import type { Store } from './store.js'

/** Takes what a run said and did, and leaves a proof of it; those that ended first go first. */
export function prune(store: Store, p: { endedBefore: EpochMs; limit: number }): number {
  const now = store.now()
  const old = [...store.runs.byId.values()].filter((run) => isDone(run) && (run.endedAt ?? 0) < p.endedBefore)
  old.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || (a.admission.runId < b.admission.runId ? -1 : 1))
  const chosen = old.slice(0, p.limit)
  for (const run of chosen) {
    const { headSeq, headHash, mailHead } = rowOf(run)
    run.heads = { headSeq, headHash, mailHead }
    run.proof = proofOf(run.entries)
    run.prunedAt = now
    run.entries.length = 0
    run.mail.length = 0
    run.evidence.length = 0
    store.escalations.drop(run)
    store.drift.waiting.delete(run)
    store.blobs.drop(run.admission.runId)
  }
  return chosen.length
}

/** Nothing is open, nobody holds it, it was not pruned before, and no parent may still ask how it ended. */
function isDone({ state, open, workerId, prunedAt, kin }: Run): boolean {
  const isAsked = kin.parent !== null && kin.parent.run.state !== 'ended'
  return state === 'ended' && open.size === 0 && workerId === null && prunedAt === null && !isAsked
}

/** Folds a journal into what must still be known when it is gone. */
function proofOf(entries: readonly Entry[]): Proof {
  const begins = entries.filter(({ kind }) => kind === 'begin')
  const bySeq = new Map(begins.map((entry) => [entry.seq, entry]))
  const sums = new Map<string, ProofSum>()
  for (const { kind, ref, facts } of entries) {
    if (kind !== 'settle') continue
    const charges = bySeq.get(ref ?? 0)?.facts.charges ?? []
    for (const [i, charge] of charges.entries()) addTo(sums, charge, facts.used?.[i] ?? charge.amount)
  }
  const sorted = [...sums.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  return { firstHash: entries[0]?.hash ?? '', beganAt: begins[0]?.at ?? null, sums: sorted }
}

const sortKey = ({ scope, meter, per, window }: ProofSum) =>
  `${scope}\n${meter}\n${per}\n${String(window + 1).padStart(16, '0')}`

/** Own meters stay on the run's row; a level is given back and leaves nothing. */
function addTo(sums: Map<string, ProofSum>, charge: StampedCharge, used: number): void {
  const { at, scope, meter, kind, per, window } = charge
  if (at === 'run' || kind === 'level' || used === 0) return
  const key = meterKey(charge)
  const before = sums.get(key)?.used ?? 0
  const now = kind === 'peak' ? Math.max(before, used) : before + used
  sums.set(key, { scope, meter, kind, per, window, used: now })
}
