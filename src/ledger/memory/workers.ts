import type { Mark } from '../../core/lives.js'
import type { Credits } from '../../core/shares.js'
import type { EpochMs } from '../../core/time.js'
import type { WorkerRow } from '../../core/workers.js'

/** One registration; a worker that lost its lease registers anew. */
interface Worker {
  readonly workerId: number
  readonly name: string
  readonly serves: ReadonlySet<string>
  readonly queues: ReadonlySet<string>
  readonly startedAt: EpochMs
  leaseUntil: EpochMs
  /** By priority: the tenant that was served last, and how far it is behind its share. */
  readonly turns: string[]
  credits: Credits
  beatAt: EpochMs
}

/** Workers and their leases. A lease has run out when its time is reached. */
export class WorkerTable {
  private readonly rows = new Map<number, Worker>()

  register(
    p: { name: string; leaseMs: number; serves: readonly string[]; queues: readonly string[] },
    now: EpochMs,
  ): Worker {
    const { name, serves, queues, leaseMs } = p
    const workerId = this.rows.size + 1
    const row = { workerId, name, startedAt: now, beatAt: now, leaseUntil: now + leaseMs, turns: ['', '', ''] }
    const worker: Worker = { ...row, credits: [0, 0, 0], serves: new Set(serves), queues: new Set(queues) }
    this.rows.set(workerId, worker)
    return worker
  }

  /** Extends a lease that lasts; one that has run out stays so. */
  heartbeat(
    workerId: number,
    leaseMs: number,
    now: EpochMs,
  ): { held: boolean; leaseUntil: EpochMs; was: EpochMs | null } {
    const worker = this.rows.get(workerId)
    const was = worker?.beatAt ?? null
    const held = worker !== undefined && worker.leaseUntil > now
    if (held) Object.assign(worker, { leaseUntil: now + leaseMs, beatAt: now })
    return { held, leaseUntil: worker?.leaseUntil ?? now, was }
  }

  /** Whether it was heard of this beat. */
  knows({ workerId, startedAt, beatAt }: Pick<Mark, 'workerId' | 'startedAt' | 'beatAt'>): boolean {
    const worker = this.rows.get(workerId)
    return worker !== undefined && worker.startedAt === startedAt && worker.beatAt >= beatAt
  }

  /** Ends every lease now. */
  retireAll(now: EpochMs): void {
    for (const workerId of this.rows.keys()) this.retire(workerId, now)
  }

  /** Ends the lease now. */
  retire(workerId: number, now: EpochMs): void {
    const worker = this.rows.get(workerId)
    if (worker) worker.leaseUntil = Math.min(worker.leaseUntil, now)
  }

  /** The worker, while its lease lasts. */
  live(workerId: number | null, now: EpochMs): Worker | undefined {
    const worker = workerId === null ? undefined : this.rows.get(workerId)
    return worker && worker.leaseUntil > now ? worker : undefined
  }

  alive(now: EpochMs): Worker[] {
    return [...this.rows.values()].filter(({ leaseUntil }) => leaseUntil > now)
  }

  /** What is so of a worker whose lease lasts; false of others. */
  tell(workerId: number, now: EpochMs, isSo: (worker: Worker) => boolean): boolean {
    const worker = this.live(workerId, now)
    return worker !== undefined && isSo(worker)
  }

  /** All there were, those that are gone too. */
  list(): WorkerRow[] {
    return [...this.rows.values()].map(
      ({ queues: _, turns: _turns, credits: _credits, beatAt: _beat, serves, ...row }) => ({
        ...row,
        serves: [...serves],
      }),
    )
  }
}
