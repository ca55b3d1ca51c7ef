import type { Entry } from '../core/entries.js'
import { MidwatchError } from '../core/errors.js'
import { type JsonValue, toJson } from '../core/json.js'
import type { Ledger, Wake } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { SwitchMode } from '../core/ops.js'
import { scopeOf } from '../core/scope.js'
import type { ScoreRow } from '../core/scores.js'
import type { Outcome } from '../core/states.js'
import type { Clock } from '../core/time.js'
import { readBody } from './bodies.js'
import { lastOf, outcomeOfEnded } from './ended-run.js'
import { LiveText } from './live-text.js'
import { giveThumb, type Thumb } from './scores/thumb.js'
import { shown, type UiStreamOptions, uiMessageStream } from './ui-stream.js'

/** One entry as listeners see it. */
export interface RunEvent {
  readonly seq: bigint
  readonly kind: Entry['kind']
  readonly at: Date
  readonly body: JsonValue
}

/** A run that somebody waits for. */
export interface Run<O> {
  readonly id: string
  /** Whether this very call had it accepted; false where its key was used before, or it was only looked up. */
  readonly isNew: boolean
  /** Resolves when the run has ended, on whichever worker; where it went on as another one, when that has. */
  outcome(): Promise<Outcome<O>>
  /** Journal entries from a position on (default the first), until the run has ended. A ledger that is away is waited for. */
  events(from?: bigint): AsyncIterable<RunEvent>
  /** The run as an AI SDK UI message stream (server-sent events, protocol v1): text live where this process works the run. */
  uiMessageStream(options?: UiStreamOptions): ReadableStream<Uint8Array>
  /** Ends it as `killed`: nothing more begins in it, what is under way is aborted. An ended run stays as it is. */
  cancel(p: Interruption): Promise<void>
  /** What a person says of it once it has ended: up is 1, down is 0; their last word holds. Throws `unknown_run`, `not_ended`. */
  score(p: Thumb): Promise<readonly ScoreRow[]>
  /** Holds it: nothing more begins in it until it is resumed, on whichever worker. */
  interrupt(p: Interruption): Promise<void>
  /** Lets it go on. True when it was held. */
  resume(p: { readonly by: string }): Promise<boolean>
}

/** Who stops a run, and why: both are kept. */
export interface Interruption {
  readonly by: string
  readonly reason: string
}

/** What a wake told of its run: its outcome where this process worked it to its end. */
type Told = Outcome<JsonValue> | undefined

/** Names that wakes spoke of lately, kept for those who begin to listen a moment too late. */
const LATELY = 1_024

/** Hears the ledger's wakes and hands them to those who wait for a run. */
export class Wakes {
  readonly #ears = new Map<string, Set<(told: Told) => void>>()
  readonly #lately = new Set<string>()

  readonly tell = ({ name }: Wake, told?: Outcome<JsonValue>): void => {
    this.#lately.add(name)
    if (this.#lately.size > LATELY) for (const [oldest] of [this.#lately]) this.#lately.delete(oldest ?? '')
    for (const hear of this.#ears.get(name) ?? []) hear(told)
  }

  /** True when a wake spoke of this run lately. */
  spokeOf(runId: string): boolean {
    return this.#lately.has(runId)
  }

  /** Resolves at the next wake of one run, or after a while: wakes may be lost. */
  next(runId: string, clock: Clock, ms: number): Promise<Told> {
    return new Promise((resolve) => {
      const ears = this.#ears.get(runId) ?? new Set()
      const hear = (told: Told) => {
        stopTimer()
        ears.delete(hear)
        if (ears.size === 0) this.#ears.delete(runId)
        resolve(told)
      }
      const stopTimer = clock.timer(ms, () => hear(undefined))
      this.#ears.set(runId, ears.add(hear))
    })
  }
}

export interface HandlePorts {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly wakes: Wakes
  readonly live: LiveText
  /** Whether this process works it now: then it hears of its end without asking. */
  readonly isWorkedHere?: (runId: string) => boolean
}

/** So long after its admission nothing need be read to know that no wake of a run has been missed. */
const NEW_MS = 100

export class RunHandle<O> implements Run<O> {
  /** The run that is waited for: the last of those that went on from this one. */
  #last: string

  /** `newAt`: when this process admitted the run just now, by the monotonic clock. */
  constructor(
    readonly id: string,
    private readonly ports: HandlePorts,
    private readonly newAt = Number.NEGATIVE_INFINITY,
  ) {
    this.#last = id
  }

  get isNew(): boolean {
    return this.newAt !== Number.NEGATIVE_INFINITY
  }

  async outcome(): Promise<Outcome<O>> {
    const { clock, wakes, isWorkedHere } = this.ports
    const isNew = clock.monotonic() - this.newAt < NEW_MS && !wakes.spokeOf(this.id)
    for (let look = !isNew; ; look = !isWorkedHere?.(this.#last)) {
      const heard = wakes.next(this.#last, clock, LIMITS.poll_ms)
      const waitedFor = this.#last
      const ended = look ? await this.#ended().catch(passing) : null
      if (ended) return ended
      if (waitedFor !== this.#last) continue
      const told = await heard
      // Whoever waits gets a value of his own.
      if (told) return toJson(told) as unknown as Outcome<O>
    }
  }

  /** The run as it ended, or null. `unknown_run` where there is none. */
  async #ended(): Promise<Outcome<O> | null> {
    const { ledger } = this.ports
    const run = await ledger.run({ runId: this.#last })
    if (!run) throw unknownRun(this.id)
    if (run.continuedAs !== null) {
      this.#last = run.continuedAs
      return this.#ended()
    }
    return run.state === 'ended' ? ((await outcomeOfEnded(ledger, run)) as Outcome<O>) : null
  }

  async *events(from = 1n): AsyncIterable<RunEvent> {
    for await (const entry of this.#entries(Number(from), () => false)) yield eventOf(entry)
  }

  /** A listener who went away is noticed at the next look: a run may wait for days. */
  async *#entries(from: number, isOver: () => boolean): AsyncGenerator<Entry> {
    const { clock, wakes } = this.ports
    for (let next = from; !isOver(); ) {
      const heard = wakes.next(this.id, clock, LIMITS.poll_ms / 5)
      const read = await this.#read(next).catch(passing)
      if (read !== null) {
        const { run, entries } = read
        yield* entries
        next = (entries.at(-1)?.seq ?? next - 1) + 1
        if ((run === null || run.state === 'ended') && next > (run?.headSeq ?? 0)) return
      }
      if (!read?.entries.length) await heard
    }
  }

  async #read(from: number) {
    const { ledger } = this.ports
    const run = await ledger.run({ runId: this.id })
    return { run, entries: await ledger.journal({ runId: this.id, from, limit: 500 }) }
  }

  async cancel({ by, reason }: Interruption): Promise<void> {
    await this.#stop('end', by, reason)
  }

  score(p: Thumb): Promise<readonly ScoreRow[]> {
    return giveThumb(this.ports.ledger, this.id, p)
  }

  async interrupt({ by, reason }: Interruption): Promise<void> {
    await this.#stop('hold', by, reason)
  }

  /**
   * A switch on the scope of the run, or of the last of those that went on from it: one mechanism, one audit trail. One that
   * went on before the switch stood is stopped in its turn.
   */
  async #stop(mode: SwitchMode, by: string, reason: string): Promise<void> {
    const { ledger } = this.ports
    for (let stopped = ''; ; ) {
      const run = await lastOf(ledger, this.id)
      if (!run) throw unknownRun(this.id)
      const { runId, state, above } = run
      if (state === 'ended' || runId === stopped || above.includes(scopeOf.run(stopped))) return
      await ledger.engage({ scope: scopeOf.run(runId), mode, by, reason })
      stopped = runId
    }
  }

  async resume({ by }: { readonly by: string }): Promise<boolean> {
    const { ledger } = this.ports
    let any = false
    for (let run = await ledger.run({ runId: this.id }); run; ) {
      const { released } = await ledger.release({ scope: scopeOf.run(run.runId), by, jitterMs: 0 })
      any ||= released
      run = run.continuedAs === null ? null : await ledger.run({ runId: run.continuedAs })
    }
    return any
  }

  uiMessageStream({ show, words = true }: UiStreamOptions = {}): ReadableStream<Uint8Array> {
    const entries = (isOver: () => boolean) => this.#entries(1, isOver)
    return uiMessageStream(this.id, show ? shown(entries, show) : entries, words ? this.ports.live : new LiveText())
  }
}

function unknownRun(runId: string): MidwatchError {
  return new MidwatchError('unknown_run', `There is no run ${runId}; 'midwatch ps' lists them.`)
}

/** A ledger that is away for a while is waited for. */
function passing(error: unknown): null {
  if (error instanceof MidwatchError && error.retryable) return null
  throw error
}

function eventOf(entry: Entry): RunEvent {
  return {
    seq: BigInt(entry.seq),
    kind: entry.kind,
    at: new Date(entry.at),
    body: readBody<JsonValue>(entry.body) as JsonValue,
  }
}
