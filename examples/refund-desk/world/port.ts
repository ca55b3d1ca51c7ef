/** The nouns of the shop, and the one port by which the desk reaches them. Money is in whole cents. */

/** open: not yet sent, so it can be cancelled · the others: it cannot. */
export const ORDER_STATES = ['open', 'shipped', 'delivered', 'cancelled'] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** An order as the shop knows it. */
export interface Order {
  readonly id: string
  readonly customerId: string
  readonly item: string
  readonly totalCents: number
  readonly state: OrderState
  /** What the desk has booked as paid back; the provider's own books may be ahead of it. */
  readonly refundedCents: number
}

/** A customer; the e-mail address is for the outbox, no model sees it. */
export interface Customer {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly creditCents: number
  /** Earlier conversations, oldest first: small for most, enormous for some. */
  readonly history: readonly string[]
}

/** What goes into the outbox. */
export interface Mail {
  readonly customerId: string
  readonly orderId: string
  readonly subject: string
  readonly body: string
}

/** A payment back to a customer, as the provider confirms it. */
export interface Refund {
  readonly id: string
  readonly orderId: string
  readonly cents: number
}

/**
 * The desk's own shop: customers, orders, what was booked, the outbox. A key makes an act idempotent: the same key again gives
 * the first answer and does nothing. `null` means that the caller sends none, and then the act happens each time.
 */
export interface RefundWorld {
  order(id: string): Promise<Order | null>
  customer(id: string): Promise<Customer | null>
  /** Writes down what the provider paid; the same refund twice is one entry. */
  bookRefund(refund: Refund): Promise<void>
  /** False when the order has left the house already. */
  cancelOrder(orderId: string, key: string | null): Promise<boolean>
  sendEmail(mail: Mail, key: string | null): Promise<{ mailId: string }>
  addNote(orderId: string, text: string, key: string | null): Promise<{ noteId: string }>
  /** Store credit. The credit system takes no key. */
  giveCredit(credit: { customerId: string; orderId: string; cents: number }): Promise<{ creditId: string }>
  close(): Promise<void>
}
