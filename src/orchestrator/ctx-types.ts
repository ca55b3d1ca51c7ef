import type { Json } from '../core/json.js'
import type { Outcome, Reason } from '../core/states.js'
import type { Duration } from '../core/time.js'
import type { Model } from '../models/port.js'
import type { OutputOf, Schema } from '../tools/schema.js'
import type { Call, Tool } from '../tools/tool.js'

/** What `ctx.refuse` and `ctx.handOver` give back: return it. */
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
}

export interface ModelQuestion {
  readonly model: Model | readonly [Model, ...Model[]]
  readonly system?: string
  readonly prompt: string
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
  /** One governed model call, with the fallbacks named. */
  model(name: string, question: ModelQuestion): Promise<{ readonly text: string }>
  /** Reads something outside; may run again after a crash, so it must not write. */
  read<O>(name: string, read: (call: Call) => Promise<O>): Promise<Json<O>>
  /** Asks a person and waits, by a deadline. */
  ask<X extends Schema>(question: Question<X>): Promise<OutputOf<X>>
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
  sleep(duration: Duration): Promise<void>
  /** Time of the last step, by the ledger's clock: the same in replay. */
  now(): Date
  random(): number
  uuid(): string
  refuse(reason: Reason, say: string): Ended
  handOver(to: string, note: string): Ended
  readonly signal: AbortSignal
}
