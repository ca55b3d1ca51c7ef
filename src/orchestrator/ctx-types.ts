import type { Json } from '../core/json.js'
import type { Reason } from '../core/refusals.js'
import type { Outcome } from '../core/states.js'
import type { Duration } from '../core/time.js'
import type { WoundDown } from '../core/wound-down.js'
import type { Model } from '../models/port.js'
import type { OutputOf, Schema } from '../tools/schema.js'
import type { Call, Tool } from '../tools/tool.js'

/** What `ctx.refuse`, `ctx.handOver` and `ctx.continue` give back: return it. */
export interface Ended {
  readonly '~ended': true
}

export interface Question<X extends Schema> {
  readonly question: string
  readonly show?: unknown
  readonly answer: X
  readonly to: string
  readonly within: Duration
  /** What holds when nobody answers in time. */
  readonly otherwise: OutputOf<X>
  /** Two different people must give the same answer; where they differ nobody has answered. Default 1. */
  readonly people?: 1 | 2
}

/** An answer that is an object says who gave it, nobody where it is the default; a bare value has no place for that. */
export type SaidBy<T> = T extends readonly unknown[] ? T : T extends object ? T & { readonly by: readonly string[] } : T

export interface ModelQuestion {
  readonly model: Model | readonly [Model, ...Model[]]
  readonly system?: string
  readonly prompt: string
}

/** An agent or a flow, as calls of it are typed. */
export interface Callable<I, O> {
  readonly name: string
  readonly definition: object
  readonly '~i'?: (input: I) => void
  readonly '~o'?: O
}

/** What a map gives: results in order of the rows, and the rows that came to none, with how each ended. */
export interface MapResult<R> {
  readonly done: Json<Exclude<R, Ended>>[]
  readonly not: readonly { readonly key: string; readonly outcome: Outcome<never> }[]
}

/**
 * What a flow may do. A flow is replayed from its journal, so everything that touches the world, the clock or chance goes
 * through `ctx`; each call is a step, performed once and then replayed.
 */
export interface Ctx {
  /** Runs a tool; a refusal or a breach ends the run. To look at it instead use `try`. */
  tool<I, O>(tool: Tool<string, I, O, string>, input: NoInfer<I>): Promise<Json<O>>
  readonly try: {
    tool<I, O>(tool: Tool<string, I, O, string>, input: NoInfer<I>): Promise<Outcome<Json<O>>>
  }
  /**
   * Another agent or flow as a run of its own, under every ceiling and kill of this one. How it ended is a value. `share`:
   * so much of what this run has left, of each of its ceilings that bind below it, is all that the other may use.
   */
  agent<I, O>(
    agent: Callable<I, O>,
    input: NoInfer<I>,
    options?: { readonly share?: number },
  ): Promise<Outcome<Json<O>>>
  /** One governed model call, with the fallbacks named. */
  model(name: string, question: ModelQuestion): Promise<{ readonly text: string }>
  /** Reads something outside; may run again after a crash, so it must not write. */
  read<O>(name: string, read: (call: Call) => Promise<O>): Promise<Json<O>>
  /** Asks a person and waits, by a deadline. */
  ask<X extends Schema>(question: Question<X>): Promise<SaidBy<OutputOf<X>>>
  /** Branches side by side, each with a ctx of its own: with bare Promise.all the order would follow timing. */
  all<const F extends readonly ((ctx: Ctx) => Promise<unknown>)[]>(
    branches: F,
  ): Promise<{ -readonly [K in keyof F]: Awaited<ReturnType<F[K]>> }>
  /**
   * Branches side by side; the first to finish wins. The others are aborted, and what they had under way is settled or in
   * doubt before this resolves.
   */
  race<const F extends readonly [(ctx: Ctx) => Promise<unknown>, ...((ctx: Ctx) => Promise<unknown>)[]]>(
    branches: F,
  ): Promise<Awaited<ReturnType<F[number]>>>
  /**
   * Each row as a run of its own, so many at a time, in order. `key` names a row: no two may have the same. `map` is given a
   * ctx of its own and must use that one; what it gives stands in `done`, in order of the rows, and the rows that came to
   * nothing stand in `not`. Rows may come as they are read; after an interruption they are read again and must be the same.
   */
  map<T, R>(
    rows: readonly T[] | AsyncIterable<T>,
    options: { readonly atOnce: number; readonly key: (row: T) => string },
    map: (ctx: Ctx, row: Json<T>) => Promise<R>,
  ): Promise<MapResult<R>>
  /**
   * Takes back what this run has done so far, the newest first, by the `undo` of each tool. What stands is a value, with why; a
   * lost answer is cleared as that of any tool, by people where nothing else tells. What runs below it did is not touched.
   */
  undo(): Promise<WoundDown>
  sleep(duration: Duration): Promise<void>
  /** Time of the last step, by the ledger's clock: the same in replay. */
  now(): Date
  random(): number
  uuid(): string
  /** Ends the run and goes on as another one with this input, in one transaction. Return what it gives. */
  continue(input: unknown): Ended
  refuse(reason: Reason, say: string): Ended
  handOver(to: string, note: string): Ended
  readonly signal: AbortSignal
}

/** What a flow is given: with a session's state where one was declared. */
export type FlowCtx<S> = [S] extends [undefined] ? Ctx : Ctx & SessionCtx<S>

interface SessionCtx<S> {
  /** As it stands: what the last run left, or this one wrote. */
  readonly state: S
  /** Writes it, in one transaction with the entry that says so. Throws `invalid_input` for one that does not fit. */
  setState(next: S): Promise<void>
}
