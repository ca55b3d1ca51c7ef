import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Observers } from '../core/observers.js'
import type { Clock } from '../core/time.js'
import type { Gate } from '../orchestrator/gate.js'
import type { LedgerTime } from '../orchestrator/ledger-time.js'
import type { Continuity } from './continuity.js'
import type { Service } from './service.js'

export interface HeartbeatOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly time: LedgerTime
  readonly gate: Gate
  readonly observers: Observers
  readonly name: string
  readonly leaseMs: number
  readonly serves: readonly string[]
  readonly queues: readonly string[]
  /** Asked whether the ledger is the one that was known. */
  readonly continuity: Pick<Continuity, 'open' | 'registered' | 'heard'>
  /** Told when runs wait that other code did not fit, and that this worker serves. */
  readonly misfits: () => void
  /** Told when the worker's clock and the ledger's disagree, and when its lease ran out. */
  readonly alarm: (what: string) => void
}

/**
 * Keeps the worker's lease. Leases belong to workers, not to runs: one statement each `leaseMs / 4`. A lease that ran out
 * is not renewed; the worker registers anew, and what it held goes to whoever claims it.
 */
export class Heartbeat implements Service {
  workerId = 0
  /** When the ledger last confirmed the lease (monotonic). */
  heldAt = Number.NEGATIVE_INFINITY
  /** What the ledger's clock was ahead of this machine's at the last heartbeat. */
  #offsetMs = 0
  #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: HeartbeatOptions) {}

  async start(): Promise<void> {
    await this.options.continuity.open()
    await this.#register()
    this.#loop = this.#beat()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await this.options.ledger.workers.retire({ workerId: this.workerId }).catch(() => undefined)
  }

  async #register(): Promise<void> {
    const { ledger, name, leaseMs, serves, queues, time, misfits, continuity } = this.options
    const asked = time.asking()
    const made = await ledger.workers.register({ name, leaseMs, serves, queues })
    this.workerId = made.workerId
    this.heldAt = this.options.clock.monotonic()
    if (made.misfits) misfits()
    time.anchor(made.at, asked)
    this.#drift(made.at)
    await continuity.registered(made)
  }

  async #beat(): Promise<void> {
    const { clock, leaseMs, alarm } = this.options
    while (!this.#stop.signal.aborted) {
      await clock.sleep(leaseMs / 4, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      await this.#once().catch((error) =>
        alarm(`No heartbeat: ${error instanceof Error ? error.message : String(error)}`),
      )
    }
  }

  /** How far the two clocks moved apart since the last heartbeat. Claims set the time too, and would hide it. */
  #drift(at: number): number {
    const offsetMs = at - this.options.clock.now()
    const driftMs = offsetMs - this.#offsetMs
    this.#offsetMs = offsetMs
    return driftMs
  }

  async #once(): Promise<void> {
    const { ledger, leaseMs, time, gate, observers, alarm, misfits, continuity } = this.options
    const asked = time.asking()
    const beat = await ledger.workers.heartbeat({ workerId: this.workerId, leaseMs })
    await continuity.heard({ ...beat, workerId: this.workerId })
    if (!beat.held) {
      alarm('The lease ran out; registering anew.')
      observers.tell({ kind: 'lease.lost' })
      await this.#register()
      return
    }
    this.heldAt = this.options.clock.monotonic()
    time.anchor(beat.at, asked)
    if (beat.misfits) misfits()
    const driftMs = this.#drift(beat.at)
    if (Math.abs(driftMs) > LIMITS.clock_skew_ms) {
      gate.close('clock')
      alarm(
        `This machine's clock moved by ${Math.round(driftMs)} ms against the ledger's; nothing begins until they agree.`,
      )
    } else gate.open('clock')
  }
}
