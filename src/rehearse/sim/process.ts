import type { Clock } from '../../core/time.js'
import type { Happening, Owner } from './agenda.js'

/** True time, as processes live in it. */
export interface Timeline {
  readonly now: number
  readonly startedAt: number
  /** Nobody's machine: it never stands still. */
  readonly world: Owner
  later(ms: number, owner: Owner, run: () => void, nap?: number | null): Happening
}

/** Of a process that moves: it is asked before and after each call to the ledger. */
const MOVES = Promise.resolve()

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/**
 * One process on a machine of its own: its clocks, its timers, its turns. It can stand still, as under SIGSTOP: what comes
 * meanwhile is held back while true time goes on. It can die: from then on it hears nothing and does nothing.
 */
export class SimProcess implements Owner {
  /** Wall time of its machine, as far as it is off. */
  skewMs = 0
  dead = false
  /** Calls for the next turn, in order of asking. */
  readonly soons: (() => void)[] = []
  /** What was due while it stood still. */
  readonly #held: (() => void)[] = []
  #still = false
  /** Lets go of signals that its sleepers listen to: they would keep the dead alive. */
  readonly #ears = new Set<() => void>()
  readonly clock: Clock

  constructor(
    readonly name: string,
    readonly no: number,
    private readonly sim: Timeline,
    /** Lengths of sleep that its services take only to look again. */
    private readonly naps: ReadonlySet<number> = new Set(),
  ) {
    this.clock = {
      now: () => sim.now + this.skewMs,
      monotonic: () => sim.now - sim.startedAt,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      timer: (ms, ring) => this.#timer(ms, ring),
      soon: (call) => {
        if (!this.dead) this.soons.push(call)
      },
    }
  }

  get still(): boolean {
    return this.#still
  }

  /** Stands still for so long; true time and its monotonic clock go on. */
  stall(ms: number): void {
    if (this.dead || this.#still) return
    this.#still = true
    this.sim.later(ms, this.sim.world, () => this.#wake())
  }

  #wake(): void {
    this.#still = false
    for (const go of this.#held.splice(0)) this.sim.later(0, this, go)
  }

  /** Ends it. What it awaits never comes. */
  kill(): void {
    this.dead = true
    this.soons.length = 0
    this.#held.length = 0
    for (const free of this.#ears) free()
    this.#ears.clear()
  }

  /** Does something now, once it moves again, or never. */
  hand(go: () => void): void {
    if (this.dead) return
    if (this.#still) this.#held.push(go)
    else go()
  }

  /** Resolves when it moves: at once, at its wake, or never. */
  moving(): Promise<void> {
    if (!this.dead && !this.#still) return MOVES
    return new Promise((resolve) => this.hand(resolve))
  }

  /** What comes from outside, as this process gets to hear it. */
  deliver<T>(work: PromiseLike<T>): Promise<T> {
    if (this.dead) return never()
    return new Promise((resolve, reject) => {
      work.then(
        (value) => this.hand(() => resolve(value)),
        (error) => this.hand(() => reject(error)),
      )
    })
  }

  #timer(ms: number, ring: () => void): () => void {
    const one = this.sim.later(ms, this, ring)
    return () => {
      one.gone = true
    }
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.dead) return never()
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const nap = this.naps.has(ms) ? ms : null
      if (!signal) {
        this.sim.later(ms, this, resolve, nap)
        return
      }
      const end = () => {
        one.gone = true
        free()
        resolve()
      }
      const free = () => {
        signal.removeEventListener('abort', end)
        this.#ears.delete(free)
      }
      const one = this.sim.later(ms, this, end, nap)
      signal.addEventListener('abort', end, { once: true })
      this.#ears.add(free)
    })
  }
}
