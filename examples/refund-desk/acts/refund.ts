import type { RefundAnswer } from '../payments/port.js'
import type { Refund } from '../world/port.js'
import { ActFault, centsOf, type Desk, dollarsOf, type How } from './desk.js'

/** Amount in dollars, as a model writes it. */
export interface RefundOrder {
  readonly orderId: string
  readonly amount: number
}
/** What the provider confirmed, in dollars. */
export interface Refunded {
  readonly refundId: string
  readonly amount: number
}

/**
 * Looks at the order, pays, books. The look and the payment are two steps with the world in between: that is sound only where
 * nobody else works on the same order meanwhile, and where no payment is forgotten.
 */
export async function issueRefund(desk: Desk, { orderId, amount }: RefundOrder, how: How): Promise<Refunded> {
  const cents = centsOf(amount)
  const order = await desk.world.order(orderId)
  if (!order) throw new ActFault('permanent', 'no_such_order')
  if (order.refundedCents > 0) throw new ActFault('permanent', 'already_refunded')
  if (cents > order.totalCents) throw new ActFault('permanent', 'more_than_was_paid')
  const refund = paidOf(await desk.payments.refund({ orderId, cents, key: how.key }, how.signal))
  await desk.world.bookRefund(refund)
  return refundedOf(refund)
}

/** What became of a refund whose answer was lost. What the provider paid is booked now. */
export async function lookUpRefund(desk: Desk, key: string, signal?: AbortSignal): Promise<Refunded | null> {
  const refund = await desk.payments.find(key, signal)
  if (!refund) return null
  await desk.world.bookRefund(refund)
  return refundedOf(refund)
}

function paidOf(answer: RefundAnswer): Refund {
  if (answer.status === 'paid') return answer.refund
  if (answer.status === 'busy') throw new ActFault('not_performed', 'provider_busy', answer.retryAfterMs)
  if (answer.status === 'declined') throw new ActFault('permanent', answer.why)
  // A 500 says nothing about whether it acted.
  throw new Error('The provider answered 500.')
}

function refundedOf({ id, cents }: Refund): Refunded {
  return { refundId: id, amount: dollarsOf(cents) }
}
