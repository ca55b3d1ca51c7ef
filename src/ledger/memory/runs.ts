import type { Admission } from '../../core/admission.js'
import type { Entry, EntryFacts, StampedCharge } from '../../core/entries.js'
import type { Evidence, Mail } from '../../core/mail.js'
import type { RunRow } from '../../core/run-row.js'
import type { Pin } from '../../core/serving.js'
import type { OutcomeStatus, RunState } from '../../core/states.js'
import type { EpochMs } from '../../core/time.js'
import type { Gauge } from './meters.js'

/** A begin without a settlement, with everything that its settlement gives back. */
export interface OpenBegin {
  readonly seq: number
  inDoubt: boolean
  readonly effect: NonNullable<EntryFacts['effect']> | null
  readonly locks: readonly string[]
  readonly charges: readonly { readonly stamped: StampedCharge; readonly gauge: Gauge }[]
}

/** A run's place among others, fixed when it is admitted but for what came after it. */
export interface Kin {
  readonly parent: { readonly run: Run; readonly step: string } | null
  /** The root first, the parent last. */
  readonly ancestors: readonly Run[]
  readonly above: readonly string[]
  readonly groupNo: number | null
  /** Its group has no room for it yet. */
  behind: boolean
  readonly continues: string | null
  continuedAs: string | null
  readonly first: string
  readonly children: Run[]
}

/** A run as the memory ledger keeps it: the columns of its row, and all that hangs on it. */
export interface Run {
  readonly admission: Admission
  readonly origin: string
  /** What its worker must serve; an operator may move it. */
  pin: Pin
  readonly kin: Kin
  readonly scopes: readonly string[]
  readonly sessionNo: number | null
  readonly createdAt: EpochMs
  readonly deadlineAt: EpochMs
  state: RunState
  waits: string | null
  outcome: OutcomeStatus | null
  detail: string | null
  owner: RunRow['owner']
  workerId: number | null
  fence: number
  dueAt: EpochMs | null
  mailSeen: number
  claims: number
  endedAt: EpochMs | null
  workedBy: string | null
  gap: RunRow['gap']
  prunedAt: EpochMs | null
  proof: RunRow['proof']
  /** Where its journal and mail ended, once they are pruned. */
  heads: Pick<RunRow, 'headSeq' | 'headHash' | 'mailHead'> | null
  readonly open: Map<number, OpenBegin>
  readonly meters: Map<string, Gauge>
  readonly entries: Entry[]
  readonly mail: Mail[]
  readonly evidence: Evidence[]
  /** What late settles were kept, by ref and digest. */
  readonly receipts: Set<string>
}

/** A lease holder may write: the run is running, or it has ended and is being reconciled. */
export function isHeld(run: Run): boolean {
  return run.state === 'running' || (run.state === 'ended' && run.workerId !== null)
}

/** The only begins that may outlive an activation are those in doubt. */
export function hasUndoubtedBegin(run: Run): boolean {
  for (const begin of run.open.values()) if (!begin.inDoubt) return true
  return false
}

/** Mail and evidence make a run due that nobody holds or took in, and that still has something to do. */
export function canBeWoken(run: Run): boolean {
  const waits = run.state === 'waiting' && run.workedBy === null
  return waits || (run.state === 'ended' && run.workerId === null && run.open.size > 0)
}

/** A run's own meter; one that admission did not name begins at nothing. */
export function runMeter(run: Run, name: string): Gauge {
  let gauge = run.meters.get(name)
  if (!gauge) {
    gauge = { used: 0, reserved: 0 }
    run.meters.set(name, gauge)
  }
  return gauge
}

/** Positions of journal and mail; of a pruned run as they were. */
function headsOf(run: Run): Pick<RunRow, 'headSeq' | 'headHash' | 'mailHead'> {
  const { entries, mail } = run
  return run.heads ?? { headSeq: entries.length, headHash: entries.at(-1)?.hash ?? '', mailHead: mail.length }
}

/** The run as callers see it: a copy, so that what they were shown does not move. */
export function rowOf(run: Run): RunRow {
  const { runId, tenant, queue, priority = 'normal', key, session, principal } = run.admission
  const { agent, version, fingerprint } = run.pin
  const { sessionNo, origin, state, waits, outcome, detail, owner, workerId, fence, dueAt, deadlineAt } = run
  const { mailSeen, claims, createdAt, endedAt, workedBy, gap, prunedAt, proof } = run
  const { parent, ancestors, above, groupNo, continues, continuedAs, first } = run.kin
  const meters: Record<string, Gauge> = {}
  for (const [name, { used, reserved }] of run.meters) meters[name] = { used, reserved }
  return {
    ...{ runId, tenant, agent, version, fingerprint, queue, priority, key, session, sessionNo, principal, origin },
    parent: parent && { runId: parent.run.admission.runId, step: parent.step },
    ancestors: ancestors.map((one) => one.admission.runId),
    ...{ groupNo, depth: ancestors.length, above, continues, continuedAs, first },
    ...{
      state,
      waits,
      outcome,
      detail,
      owner,
      workerId,
      fence,
      dueAt,
      deadlineAt,
      mailSeen,
      claims,
      createdAt,
      endedAt,
    },
    ...{ workedBy, gap, prunedAt, proof, unsure: null, ...headsOf(run) },
    open: [...run.open.keys()].sort((a, b) => a - b),
    meters,
  }
}

/** All runs, and those among them that have a due time or a holder: a claim looks at these alone. */
export class Runs {
  readonly byId = new Map<string, Run>()
  readonly pending = new Set<Run>()
  readonly held = new Set<Run>()
  private readonly byKey = new Map<string, Run>()

  add(run: Run): void {
    const { runId, tenant, agent, key } = run.admission
    this.byId.set(runId, run)
    if (key !== null) this.byKey.set(`${tenant}\u0000${agent}\u0000${key}`, run)
    this.setDue(run, run.dueAt)
  }

  /** The run that a caller's key was used for. */
  withKey(tenant: string, agent: string, key: string): Run | undefined {
    return this.byKey.get(`${tenant}\u0000${agent}\u0000${key}`)
  }

  /** The only writer of a due time. */
  setDue(run: Run, at: EpochMs | null): void {
    run.dueAt = at
    if (at === null) this.pending.delete(run)
    else this.pending.add(run)
  }

  /** A run that is held has no due time: else an event would make a living worker's run claimable. */
  hold(run: Run, workerId: number): void {
    run.workerId = workerId
    this.held.add(run)
    this.setDue(run, null)
  }

  /** Nobody holds it until it is due again. */
  letGo(run: Run, dueAt: EpochMs | null): void {
    run.workerId = null
    this.held.delete(run)
    this.setDue(run, dueAt)
  }
}
