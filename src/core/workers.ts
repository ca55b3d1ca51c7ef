import type { Standing } from './lives.js'
import type { EpochMs } from './time.js'

export interface WorkerRow {
  readonly workerId: number
  readonly name: string
  readonly leaseUntil: EpochMs
  readonly serves: readonly string[]
  readonly startedAt: EpochMs
}

/** Workers hold leases; runs hold none of their own. */
export interface Workers {
  /**
   * `serves`: agent@version#fingerprint of each agent this worker can run, and agent@version#* where its code accepts every
   * run of a version. `misfits`: runs that it serves were parked because the code had changed under them.
   */
  register(p: {
    readonly name: string
    readonly leaseMs: number
    readonly serves: readonly string[]
    readonly queues: readonly string[]
  }): Promise<{
    readonly workerId: number
    readonly at: EpochMs
    readonly leaseUntil: EpochMs
    readonly misfits: boolean
    readonly standing: Standing
  }>
  /**
   * Extends the lease; `held: false` when it had run out: then register anew. `was`: the time of the last beat that the ledger
   * knows of, null where it knows no such worker. On a connection of its own.
   */
  heartbeat(p: { readonly workerId: number; readonly leaseMs: number }): Promise<{
    readonly held: boolean
    readonly at: EpochMs
    readonly leaseUntil: EpochMs
    readonly misfits: boolean
    readonly was: EpochMs | null
    readonly standing: Standing
  }>
  /** Gives the worker's lease back: its runs become due. */
  retire(p: { readonly workerId: number }): Promise<void>
  list(): Promise<WorkerRow[]>
}
