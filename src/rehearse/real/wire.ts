import type { EffectClass } from '../../core/states.js'
import type { Pace } from '../../ledger/postgres/rehearsal-databases.js'
import type { PortOptions } from '../../models/port.js'
import type { PriceText } from '../../models/price.js'
import type { JsonSchema } from '../../tools/schema.js'
import type { Call } from '../../tools/tool.js'
import type { FaultName } from '../fault.js'
import type { Site } from '../site.js'
import type { Thrown } from './thrown.js'

/** What a worker's process is started with, as JSON on its command line. */
export interface WorkerOrder {
  /** Absolute path of the file that exports the scenario. */
  readonly file: string
  readonly scenario: string
}

/** What it works on, once it is told to begin. */
export interface Begin {
  readonly kind: 'begin'
  readonly name: string
  /** The database by way of this worker's own proxy. */
  readonly url: string
  readonly pace: Pace
  readonly leaseMs: number
}

/** A call as it goes over the wire: its signal stays behind, and what aborts is told. */
export type WireCall = Omit<Call, 'signal' | 'secret'>

/** What is known of a tool that the scenario's agents do not name: one of a flow. Its own code stays in the worker. */
export interface WireTool {
  readonly name: string
  readonly effect: EffectClass
  readonly timeoutMs: number
  readonly settlesMs: number
  readonly keyRememberedMs: number
  readonly jsonSchema: JsonSchema
  readonly hasCheck: boolean
}

/** A worker asks. Each is answered by its number. */
export type Request =
  /** It is about to pass a site. `mark`: bytes that tell its request to the ledger from others. */
  | { readonly kind: 'pass'; readonly site: Site; readonly busy: boolean; readonly mark: string | null }
  | {
      readonly kind: 'execute' | 'check'
      readonly agent: string | null
      readonly tool: WireTool
      readonly input: unknown
      readonly call: WireCall
    }
  | {
      readonly kind: 'model'
      readonly runId: string
      readonly model: WireModel
      readonly asked: Omit<PortOptions, 'abortSignal'>
    }

export interface WireModel {
  readonly provider: string
  readonly modelId: string
  readonly specificationVersion: 'v3' | 'v4'
  readonly price?: PriceText
}

/** What strikes where a worker passes: at once, and after the ledger has answered. `ms` are virtual. */
export interface Fell {
  readonly fault: FaultName
  readonly no: number
  readonly ms: number
}
export interface Passed {
  readonly now: Fell | null
  readonly answer: Fell | null
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'began' }
  /** It could not begin, as a process that ends at its start. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'ask'; readonly id: number; readonly request: Request }
  | { readonly kind: 'abort'; readonly id: number; readonly timeout: boolean }
  /** A strike had a consequence. */
  | { readonly kind: 'bit'; readonly no: number }
  /** What its own code gave, which it was called back for. */
  | { readonly kind: 'back'; readonly id: number; readonly given: Given }

export type ToWorker =
  | Begin
  | { readonly kind: 'pace'; readonly pace: Pace }
  | { readonly kind: 'given'; readonly id: number; readonly given: Given }
  /** Run your own code for the request that you made: the world has none of it. */
  | {
      readonly kind: 'call_back'
      readonly id: number
      readonly of: number
      readonly asked?: Omit<PortOptions, 'abortSignal'>
    }

export type Given = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly thrown: Thrown }
