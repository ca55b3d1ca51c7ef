import type { Sample } from './sample.js'
import type { Tally } from './tally.js'

/** What a step does besides giving back 600 bytes: nothing, or an effect under a key; each also counted on three shared meters. */
export const WORKS = ['read', 'counted', 'keyed', 'metered'] as const
export type Work = (typeof WORKS)[number]

export const hasKeys = (work: Work): boolean => work === 'keyed' || work === 'metered'
export const sharesMeters = (work: Work): boolean => work === 'counted' || work === 'metered'

export const PEERS = ['dbos', 'restate', 'langgraph', 'mastra'] as const
export type PeerKind = (typeof PEERS)[number]
export type Kind = 'governed' | 'floor' | 'pairs' | 'inserts' | PeerKind

export const isPeer = (kind: Kind): kind is PeerKind => (PEERS as readonly Kind[]).includes(kind)

/** What a contender is given when its process starts. */
export interface Setting {
  readonly kind: Kind
  readonly work: Work
  readonly url: string
  readonly postmasterPid: number
  /** A folder of its own, empty, for those that keep things elsewhere than in the database. */
  readonly home: string
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

/** One long run, alone: its steps in order, and what it left behind. */
export interface LongRun {
  readonly stepMs: readonly number[]
  readonly storedBytes: number
}

/** Somebody who works steps, in a process of its own. */
export interface Contender {
  /** Makes what so many lanes need, before the clock runs. */
  prepare?(lanes: number): Promise<void>
  /** Works until the tally is over, telling it of each step. */
  work(order: Order, tally: Tally): Promise<void>
  /** One run of so many steps, from its start to its outcome. */
  run?(steps: number, tally: Tally): Promise<void>
  /** The writes of one of its steps, where it makes them by the runtime. */
  sample?(): Promise<Sample>
  /** Its own server, where it has one beside or instead of PostgreSQL. */
  readonly server?: { readonly pid: number; storedBytes(): number }
  close(): Promise<void>
}
