import { Agenda, type Happening, type Owner } from './agenda.js'
import { SimProcess, type Timeline } from './process.js'
import { realWait, waitsForTheWorld } from './real-time.js'

/** What a simulation asks those who know the case. */
export interface Outlook {
  /** True once there is nothing left to play. Asked before time goes on. */
  over(): boolean
  /** When the ledger next has something for a worker, whether or not anybody looks: ms since the epoch, or Infinity. */
  nextDue(): number
  /** Asked for a nap of a service that would end now: true when it would look again and find nothing until `until`. */
  oversleeps(owner: Owner, periodMs: number, until: number): boolean
  /** Work that left the simulation (a tool's own code) and has not come back: what it is, or null. */
  abroad(): string | null
}

export interface Patience {
  /** More happenings than any case needs: one that goes on so long goes on for ever. */
  readonly happenings: number
  /** How long real I/O of a tool is waited for, real ms. */
  readonly abroadMs: number
}
const PATIENCE: Patience = { happenings: 1_000_000, abroadMs: 5_000 }
/** What follows it is a microtask of its own; `queueMicrotask` makes an async resource for each, which costs more than a turn. */
const SOON = Promise.resolve()

/**
 * Virtual time: a queue of happenings, and turns of each process's event loop. Time goes on only when nothing is ready.
 * Between two happenings all promises run as far as they can. The seed decides what comes first among equals.
 */
export class Simulation implements Timeline {
  readonly world: SimProcess
  readonly #agenda = new Agenda()
  /** Naps apart, so that time can pass them by. */
  readonly #naps = new Agenda()
  readonly #processes: SimProcess[] = []
  #order = 0
  #happened = 0
  #done: { resolve: () => void; reject: (error: unknown) => void } | null = null
  #outlook: Outlook | null = null
  #stop = Number.POSITIVE_INFINITY

  now: number

  constructor(
    readonly startedAt: number,
    private readonly seed: number,
    private readonly patience: Patience = PATIENCE,
  ) {
    this.now = startedAt
    this.world = this.process('world')
  }

  /** A process more. */
  process(name: string, naps?: ReadonlySet<number>): SimProcess {
    const made = new SimProcess(name, this.#processes.length, this, naps)
    this.#processes.push(made)
    return made
  }

  later(ms: number, owner: Owner, run: () => void, nap: number | null = null): Happening {
    const at = this.now + Math.max(0, Math.ceil(ms))
    this.#order += 1
    const one = { at, tie: this.#mix(owner.no, at), order: this.#order, owner, run, gone: false, nap }
    ;(nap === null ? this.#agenda : this.#naps).add(one)
    return one
  }

  /** Nothing happens after this. */
  stopAt(at: number): void {
    this.#stop = at
  }

  /** Plays until it is over, or nothing is left to happen. */
  play(outlook: Outlook): Promise<void> {
    this.#outlook = outlook
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject }
      this.#drain()
    })
  }

  /** All promises first: ticks run when the queue of microtasks is empty, however long its chains are. */
  #drain(): void {
    void SOON.then(this.#tick)
  }

  readonly #tick = (): void => process.nextTick(this.#turn)

  readonly #turn = (): void => {
    try {
      if (this.#ready()) this.#drain()
      else this.#rest()
    } catch (error) {
      this.#done?.reject(error)
    }
  }

  /** Runs one thing that is ready now: the first call for a turn of some process, or what is due. */
  #ready(): boolean {
    const due = this.#dueNow()
    let best: SimProcess | null = null
    let least = due === null ? 2 ** 32 : this.#mix(due.owner.no + 7_919, due.order)
    for (const process of this.#processes) {
      if (process.soons.length === 0 || process.still) continue
      const mark = this.#mix(process.no, this.#happened)
      if (mark >= least) continue
      best = process
      least = mark
    }
    if (best !== null) best.soons.shift()?.()
    else if (due !== null) this.#happen(due)
    else return false
    this.#happened += 1
    if (this.#happened > this.patience.happenings)
      throw new Error('The case does not come to rest: it goes on for ever.')
    return true
  }

  #dueNow(): Happening | null {
    const top = this.#agenda.peek()
    if (top !== null && top.at <= this.now) return top
    const nap = this.#naps.peek()
    return nap !== null && nap.at <= this.now ? nap : null
  }

  #happen(one: Happening): void {
    ;(one.nap === null ? this.#agenda : this.#naps).take()
    one.gone = true
    one.owner.hand(one.run)
  }

  /** Nothing is ready: what is abroad comes first, then time goes on. */
  #rest(): void {
    const what = this.#outlook?.abroad() ?? null
    if (what === null) this.#goOn()
    else if (waitsForTheWorld()) void this.#waitAbroad(what)
    // A tool's own code may have asked for ticks of its own, which come behind this one.
    else void SOON.then(() => process.nextTick(() => process.nextTick(this.#afterTicks)))
  }

  readonly #afterTicks = (): void => {
    try {
      if (this.#somethingReady()) this.#drain()
      else if (waitsForTheWorld()) void this.#waitAbroad(this.#outlook?.abroad() ?? '')
      else this.#goOn()
    } catch (error) {
      this.#done?.reject(error)
    }
  }

  #goOn(): void {
    const outlook = this.#outlook as Outlook
    if (outlook.over() || !this.#advance(outlook)) {
      this.#done?.resolve()
      return
    }
    this.#drain()
  }

  /** To the next happening, past all naps that would find nothing. False when there is none before the stop. */
  #advance(outlook: Outlook): boolean {
    const next = Math.min(this.#agenda.peek()?.at ?? Number.POSITIVE_INFINITY, outlook.nextDue())
    let nap = this.#naps.peek()
    while (
      nap !== null &&
      nap.at < next &&
      outlook.oversleeps(nap.owner, nap.nap as number, Math.min(next, this.#stop))
    ) {
      this.#naps.take()
      if (next === Number.POSITIVE_INFINITY) nap = this.#naps.peek()
      else {
        const periods = Math.ceil((next - nap.at) / (nap.nap as number))
        nap.at += periods * (nap.nap as number)
        nap.tie = this.#mix(nap.owner.no, nap.at)
        this.#naps.add(nap)
        nap = this.#naps.peek()
      }
    }
    const at = Math.min(this.#agenda.peek()?.at ?? Number.POSITIVE_INFINITY, nap?.at ?? Number.POSITIVE_INFINITY)
    if (at === Number.POSITIVE_INFINITY || at > this.#stop) {
      if (this.#stop !== Number.POSITIVE_INFINITY) this.now = this.#stop
      return false
    }
    this.now = Math.max(this.now, at)
    return true
  }

  /** A tool's own code does real I/O: virtual time stands still until something comes of it. */
  async #waitAbroad(what: string): Promise<void> {
    const { abroadMs } = this.patience
    try {
      const came = await realWait(() => this.#somethingReady() || this.#outlook?.abroad() === null, abroadMs)
      if (!came) {
        throw new Error(
          `${what} does real I/O that does not come back within ${abroadMs / 1_000} s; give it a stand-in.`,
        )
      }
      if (this.#somethingReady()) this.#drain()
      else this.#goOn()
    } catch (error) {
      this.#done?.reject(error)
    }
  }

  #somethingReady(): boolean {
    return this.#dueNow() !== null || this.#processes.some((p) => !p.still && p.soons.length > 0)
  }

  /** Well mixed, from two whole numbers and the seed; in [0, 2^32). */
  #mix(a: number, b: number): number {
    let hash = Math.imul(this.seed ^ a, 0x85ebca6b) ^ Math.imul((b ^ (b / 2 ** 32)) | 0, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
    return (hash ^ (hash >>> 15)) >>> 0
  }
}
