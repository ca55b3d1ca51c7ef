import type { FoundOrder } from '../acts/find.js'
import type { Past } from './look-back.js'

/** An e-mail without its address. */
export interface Letter {
  readonly subject: string
  readonly body: string
}

/** What the customer is told: only what the conversation shows to have happened. */
export function letterFor(past: Past, order: FoundOrder): Letter {
  return { subject: `Your order ${order.orderId}`, body: bodyFor(past, order) }
}

function bodyFor(past: Past, order: FoundOrder): string {
  const { item, state } = order
  if (past.did('issue_refund')) return `We have paid you back for the ${item}. It takes a few days to arrive.`
  if (past.did('cancel_order')) return `Your ${item} is cancelled.`
  if (past.did('offer_credit')) return `We are sorry about the ${item} and have given you store credit.`
  if (order.refunded > 0) return `The ${item} was refunded already: $${order.refunded.toFixed(2)}.`
  if (past.reading.wishes.includes('cancel')) return `Your ${item} has left the house already; you can send it back.`
  return `Your ${item} is ${state === 'open' ? 'being packed' : state}.`
}
