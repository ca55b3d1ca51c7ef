import type { Sample } from './sample.js'
import type { Tally } from './tally.js'

/** What a step does besides giving back 600 bytes: nothing, or an effect under a key; each also counted on three shared meters. */
export const WORKS = ['read', 'counted', 'keyed', 'metered'] as const
export type Work = (typeof WORKS)[number]

export const hasKeys = (work: Work): boolean => work === 'keyed' || work === 'metered'
export const sharesMeters = (work: Work): boolean => work === 'counted' || work === 'metered'

export const KINDS = ['governed', 'floor', 'pairs', 'inserts', 'dbos'] as const
export type Kind = (typeof KINDS)[number]

/** What a contender is given when its process starts. */
export interface Setting {
  readonly kind: Kind
  readonly work: Work
  readonly url: string
  readonly postmasterPid: number
  /** The writes of a governed step, for those that repeat them without the runtime. */
  readonly sample: Sample | null
}

/** One measured pass: so many lanes side by side, each working runs of so many steps, one after the other. */
export interface Order {
  readonly lanes: number
  readonly steps: number
  readonly warmupMs: number
  readonly windowMs: number
}

export interface Pass {
  readonly stepsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time per step, µs. */
  readonly clientUs: number
  readonly serverUs: number | null
}

/** Somebody who works steps, in a process of its own. */
export interface Contender {
  /** Works until the tally is over, telling it of each step. */
  work(order: Order, tally: Tally): Promise<void>
  /** The writes of one of its steps, where it makes them by the runtime. */
  sample?(): Promise<Sample>
  close(): Promise<void>
}

/** The result of every step: 600 bytes of JSON. */
export const RESULT = { text: 'x'.repeat(600 - '{"text":""}'.length) }
