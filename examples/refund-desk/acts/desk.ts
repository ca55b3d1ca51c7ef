import type { Payments } from '../payments/port.js'
import type { RefundWorld } from '../world/port.js'
import type { Witness } from '../world/witness.js'

/** All that a desk's tools reach: the shop, the payment provider, and the journal of what really happened. */
export interface Desk {
  readonly world: RefundWorld
  readonly payments: Payments
  readonly witness: Witness
}

/** How an act is to be done. `key` null: whoever calls has no idempotency key to send. */
export interface How {
  readonly key: string | null
  readonly signal?: AbortSignal
}

/** What an act knows of its own failure. Anything else thrown means: nobody knows whether it happened. */
export class ActFault extends Error {
  override readonly name = 'ActFault'
  constructor(
    /** not_performed: did not act, try again later · permanent: did not act and never will. */
    readonly kind: 'not_performed' | 'permanent',
    readonly code: string,
    readonly retryAfterMs: number | null = null,
  ) {
    super(code)
  }
}

export const centsOf = (dollars: number): number => Math.round(dollars * 100)
export const dollarsOf = (cents: number): number => cents / 100
