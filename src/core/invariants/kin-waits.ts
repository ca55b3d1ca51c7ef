import { canonical } from '../json.js'
import type { RunRow } from '../run-row.js'
import type { EpochMs } from '../time.js'
import type { RunFacts } from './facts.js'
import type { Family } from './families.js'
import type { Tell } from './invariant.js'

/** What happened so shortly before it was looked at may be told of in a transaction that commits later. */
const AT_ONCE_MS = 1_000

/** The children of one step: whose place is free since when, and who waits for one. */
interface Members {
  /** When the last of those that had a place had ended; never while one has not. */
  doneAt: EpochMs
  readonly behind: { readonly run: RunRow; readonly lookedAt: EpochMs }[]
}

/** Waits that end with another run: of a parent for its children, of the members of a group for their places. */
export class KinWaits {
  private startedAt: EpochMs | null = null
  private readonly told = new Map<string, Set<string>>()
  private readonly ended: RunRow[] = []
  private readonly groups = new Map<string, Members>()

  keep({ run, mail }: RunFacts, now: EpochMs): void {
    this.startedAt ??= now
    const bodies = mail.filter(({ kind }) => kind === 'child').map(({ body }) => body)
    if (bodies.length > 0) this.told.set(run.runId, new Set(bodies))
    if (run.parent === null) return
    if (run.groupNo === null && run.state === 'ended' && run.continuedAs === null) this.ended.push(run)
    if (run.groupNo !== null) this.keepMember(run, now)
  }

  private keepMember(run: RunRow, now: EpochMs): void {
    const name = `${run.parent?.runId}\n${run.parent?.step}`
    const members = this.groups.get(name) ?? { doneAt: Number.NEGATIVE_INFINITY, behind: [] }
    this.groups.set(name, members)
    // Whoever goes on from another run has its place.
    if (run.continuedAs !== null) return
    const waits = run.state === 'queued' && run.dueAt !== null && run.dueAt > now
    if (waits) members.behind.push({ run, lookedAt: now })
    else members.doneAt = Math.max(members.doneAt, run.endedAt ?? Number.POSITIVE_INFINITY)
  }

  check(families: ReadonlyMap<string, Family>, tell: Tell): void {
    for (const run of this.ended) this.checkTold(run, families.get(run.parent?.runId ?? '')?.run, tell)
    for (const { doneAt, behind } of this.groups.values()) {
      for (const { run, lookedAt } of behind) {
        const free = Math.max(doneAt, run.createdAt)
        if (free < lookedAt - AT_ONCE_MS)
          tell('The run waits for a place in its group although nobody has one.', {
            ...{ runId: run.runId, seq: run.headSeq, numbers: { free, now: lookedAt } },
          })
      }
    }
  }

  /** A parent that had not ended was told of each child that did. Erased words prove nothing. */
  private checkTold(run: RunRow, parent: RunRow | undefined, tell: Tell): void {
    const ended = run.endedAt ?? 0
    const asked = parent && parent.prunedAt === null && (parent.endedAt === null || parent.endedAt > ended)
    if (!asked || ended > (this.startedAt ?? 0) - AT_ONCE_MS) return
    const bodies = this.told.get(parent.runId) ?? new Set()
    if (bodies.has('{}') || bodies.has(canonical({ child: run.first, step: run.parent?.step ?? '' }))) return
    tell('The run ended, and its parent was not told.', { runId: run.runId, seq: run.headSeq, numbers: { ended } })
  }
}
