import { MidwatchError } from '../../core/errors.js'
import type { RunRow } from '../../core/run-row.js'
import type { Duration } from '../../core/time.js'
import { admissionOf } from '../../orchestrator/admission.js'
import type { Definition } from '../../orchestrator/definition.js'
import { outcomeOfEnded } from '../../orchestrator/ended-run.js'
import { mustBeAdmitted } from '../../orchestrator/not-admitted.js'
import { Abandoned } from './abandoned.js'
import { GOVERNED_QUEUE, type HostPorts } from './host-ports.js'
import { Seat } from './seat.js'
import { type Seats, WAITS_FOR_DRIVER } from './seats.js'

/** How a governed run is started. */
export interface GovernedRunOptions {
  /**
   * The caller's own key. The same key again is the same run: one that was completed gives its result, one that was
   * interrupted is gone on with, and what its journal holds is not done again.
   */
  readonly key?: string
  /** What the run is about, as JSON: the same key with another input is a conflict. */
  readonly input?: unknown
  readonly tenant?: string
  readonly principal?: string
  readonly deadline?: Duration
}

/** How soon a parked run's driver looks again, at the least and at the most. */
const LOOK_MS = { least: 20, most: 1_000 } as const

/** Gives outer loops their seats and keeps the runs that they drive under this process's claims. */
export class GovernHost {
  readonly #seats = new Set<Seat>()
  readonly #stop = new AbortController()
  readonly #abandoned: Abandoned

  constructor(
    private readonly ports: HostPorts,
    loops: ReadonlyMap<Definition, Seats>,
  ) {
    this.#abandoned = new Abandoned(ports, loops)
  }

  start(): void {
    this.#abandoned.start()
  }

  /** Lets go of what is still driven here, after its worker has come to rest. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#abandoned.stop()
    for (const seat of this.#seats) seat.leave(left(seat.runId, 'its runtime was stopped'))
  }

  /** A seat at a run of its own, or at the one that has the key. Throws as `start` does. */
  async open(definition: Definition, seats: Seats, options: GovernedRunOptions): Promise<Seat> {
    const { ledger, entropy } = this.ports
    if (this.#stop.signal.aborted) throw left(definition.name, 'its runtime was stopped')
    const asked = { ...options, input: options.input ?? null }
    // Its driver takes it at once: it waits in no line.
    const how = { queue: GOVERNED_QUEUE, owed: true }
    const admitted = await ledger.admit({ ...(await admissionOf(definition, asked, entropy)), ...how })
    mustBeAdmitted(admitted, asked)
    const known = seats.get(admitted.runId)
    if (known) return known
    const seat = new Seat(admitted.runId)
    seats.set(seat.runId, seat)
    this.#seats.add(seat)
    void this.#keep(seat).finally(() => {
      seats.delete(seat.runId)
      this.#seats.delete(seat)
    })
    await seat.ready()
    return seat
  }

  /** Claims the run by name, again after each park, until it has ended. */
  async #keep(seat: Seat): Promise<void> {
    for (let tried = false; !seat.isOver; ) {
      try {
        const stretch = await this.ports.advance(seat.runId)
        tried ||= stretch !== null
        if (stretch?.status === 'ended') seat.over(stretch.outcome)
        else await this.#lookOver(seat, tried)
      } catch (error) {
        if (!(error instanceof MidwatchError && error.retryable)) return seat.leave(error as Error)
        await this.ports.clock.sleep(LOOK_MS.most, this.#stop.signal)
      }
    }
  }

  async #lookOver(seat: Seat, tried: boolean): Promise<void> {
    const { ledger } = this.ports
    const row = await ledger.run({ runId: seat.runId })
    if (row === null) return seat.leave(left(seat.runId, 'it is not in the ledger any more'))
    if (row.state === 'ended') return seat.over(await outcomeOfEnded(ledger, row))
    const mismatch = /^mismatch:(.*)$/.exec(row.waits ?? '')
    if (mismatch && tried) return seat.leave(mismatched(seat.runId, mismatch[1] ?? ''))
    if (this.#stop.signal.aborted) return seat.finished()
    // Nobody drove it: now somebody does.
    if (mismatch || row.waits === WAITS_FOR_DRIVER) await ledger.wake({ runId: seat.runId })
    else await this.#pause(row)
  }

  async #pause({ dueAt }: RunRow): Promise<void> {
    const { clock, wakes } = this.ports
    const ms = dueAt === null ? LOOK_MS.most : dueAt - clock.now()
    await wakes.next(GOVERNED_QUEUE, clock, Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, ms)))
  }
}

function left(runId: string, why: string): MidwatchError {
  return new MidwatchError(
    'governed_left',
    `This process does not drive the governed run ${runId} any more: ${why}. Start it again under its key to go on.`,
  )
}

function mismatched(runId: string, step: string): MidwatchError {
  return new MidwatchError(
    'governed_mismatch',
    `The loop asked for something else than the journal of run ${runId} holds: '${step}' was expected. Its prompts must be the same as before; 'midwatch why ${runId}' shows what was done.`,
  )
}
