import { type Desk, dollarsOf } from './desk.js'

/** Lines of a customer's history in one answer. */
const PAGE_LINES = 20

/** The order as a model sees it: money in dollars. */
export interface FoundOrder {
  readonly found: true
  readonly orderId: string
  readonly customerId: string
  readonly item: string
  readonly total: number
  readonly refunded: number
  readonly state: string
}

/** Looks an order up by its number. */
export async function findOrder(desk: Desk, { orderId }: { orderId: string }): Promise<FoundOrder | { found: false }> {
  const order = await desk.world.order(orderId)
  if (!order) return { found: false }
  const { customerId, item, state, totalCents, refundedCents } = order
  return {
    found: true,
    orderId,
    customerId,
    item,
    state,
    total: dollarsOf(totalCents),
    refunded: dollarsOf(refundedCents),
  }
}

/** The customer as a model sees them: no address, one page of history. */
export interface FoundCustomer {
  readonly found: true
  readonly customerId: string
  readonly name: string
  readonly credit: number
  readonly history: readonly string[]
  readonly page: number
  readonly pages: number
}

/** Looks a customer up; `page` from 1. */
export async function findCustomer(
  desk: Desk,
  { customerId, page = 1 }: { customerId: string; page?: number | undefined },
): Promise<FoundCustomer | { found: false }> {
  const customer = await desk.world.customer(customerId)
  if (!customer) return { found: false }
  const { name, creditCents, history } = customer
  const pages = Math.max(1, Math.ceil(history.length / PAGE_LINES))
  const lines = history.slice((page - 1) * PAGE_LINES, page * PAGE_LINES)
  return { found: true, customerId, name, credit: dollarsOf(creditCents), history: lines, page, pages }
}
