import type { Window } from './meters.js'
import type { SwitchMode } from './ops.js'
import type { EpochMs } from './time.js'

export interface SwitchRow {
  readonly scope: string
  readonly mode: SwitchMode
  readonly engaged: boolean
  readonly epoch: number
  readonly by: string
  readonly reason: string | null
  readonly at: EpochMs
}

export interface MeterRow {
  readonly scope: string
  readonly meter: string
  readonly per: Window
  readonly window: EpochMs
  readonly used: number
  readonly reserved: number
}

/** A ceiling that an operator set; it holds beside those that begins bring. */
export interface CeilingRow {
  readonly scope: string
  readonly meter: string
  readonly per: Window
  readonly limit: number
  readonly by: string
  readonly at: EpochMs
}

/** Something a person must be told; sent at least once, with its id. */
export interface Notice {
  readonly id: string
  readonly kind:
    | 'escalation'
    | 'doubt'
    | 'kill'
    | 'release'
    | 'dead_letter'
    | 'gap'
    | 'closed'
    | 'alarm'
    | 'tripwire'
    | 'breaker'
    | 'overload'
    | 'stopped'
    | 'reconciled'
  readonly tenant: string | null
  readonly runId: string | null
  readonly body: string
  readonly at: EpochMs
  readonly tries: number
}
