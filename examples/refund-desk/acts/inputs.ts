import { z } from 'zod'

const orderId = z.string().regex(/^\d{3,8}$/, 'an order number is 3 to 8 digits')
const customerId = z.string().min(1)
const amount = z.number().positive()

/** What each tool takes, and what a model is told about it: the same for both desks. */
export const INPUTS = {
  find_order: z.object({ orderId }),
  find_customer: z.object({ customerId, page: z.number().int().positive().optional() }),
  issue_refund: z.object({ orderId, amount }),
  cancel_order: z.object({ orderId }),
  send_email: z.object({ orderId, customerId, subject: z.string().min(1), body: z.string().min(1) }),
  add_note: z.object({ orderId, text: z.string().min(1) }),
  offer_credit: z.object({ orderId, customerId, amount }),
} as const
/** Names of the desk's tools, the same on both sides. */
export type ToolName = keyof typeof INPUTS

export const DESCRIPTIONS: Readonly<Record<ToolName, string>> = {
  find_order: 'Find an order by its number: item, total and refunded in dollars, state, customer.',
  find_customer: 'Find a customer: name, credit in dollars, earlier conversations page by page.',
  issue_refund: 'Pay an amount in dollars back to the customer of an order.',
  cancel_order: 'Cancel an order that has not left the house.',
  send_email: 'Send the customer of an order an e-mail.',
  add_note: 'Add a note to an order, for colleagues.',
  offer_credit: 'Give a customer store credit in dollars, as a goodwill gesture.',
}
