import type { Customer, Order, RefundWorld } from './port.js'
import { stockedCustomers, stockedOrders } from './stock.js'
import type { Deed, Witness } from './witness.js'

/** What the memory twin holds; tests and rehearsals look into it. */
interface Shop {
  readonly orders: Map<string, Order>
  readonly customers: Map<string, Customer>
  readonly booked: Set<string>
  /** First answers by act and key. */
  readonly answered: Map<string, unknown>
  serial: number
}

/** The shop in memory: the same answers as `postgresWorld`, for rehearsals and unit tests. */
export function memoryWorld(witness: Witness): RefundWorld {
  const shop: Shop = {
    orders: new Map(stockedOrders().map((o) => [o.id, o])),
    customers: new Map(stockedCustomers().map((c) => [c.id, c])),
    booked: new Set(),
    answered: new Map(),
    serial: 0,
  }
  const saw = (deed: Deed, orderId: string, key: string | null, amount = 0, detail = '') =>
    witness.record({ deed, orderId, key, amount, detail })
  return {
    order: async (id) => shop.orders.get(id) ?? null,
    customer: async (id) => shop.customers.get(id) ?? null,
    bookRefund: async ({ id, orderId, cents }) => {
      const order = shop.orders.get(orderId)
      if (!order || shop.booked.has(id)) return
      shop.booked.add(id)
      shop.orders.set(orderId, { ...order, refundedCents: order.refundedCents + cents })
    },
    cancelOrder: (orderId, key) =>
      once(shop, 'cancel', key, async () => {
        const order = shop.orders.get(orderId)
        if (order?.state !== 'open') return false
        shop.orders.set(orderId, { ...order, state: 'cancelled' })
        await saw('cancel', orderId, key)
        return true
      }),
    sendEmail: (mail, key) =>
      once(shop, 'email', key, async () => {
        await saw('email', mail.orderId, key, 0, `${mail.customerId}: ${mail.subject}: ${mail.body}`)
        return { mailId: numbered(shop, 'mail') }
      }),
    addNote: (orderId, text, key) =>
      once(shop, 'note', key, async () => {
        await saw('note', orderId, key, 0, text)
        return { noteId: numbered(shop, 'note') }
      }),
    giveCredit: async ({ customerId, orderId, cents }) => {
      const customer = shop.customers.get(customerId)
      if (customer) shop.customers.set(customerId, { ...customer, creditCents: customer.creditCents + cents })
      await saw('credit', orderId, null, cents, customerId)
      return { creditId: numbered(shop, 'credit') }
    },
    close: async () => undefined,
  }
}

function numbered(shop: Shop, noun: string): string {
  shop.serial += 1
  return `${noun}-${shop.serial}`
}

/** The first answer for a key; without a key the act happens each time. */
async function once<T>(shop: Shop, act: string, key: string | null, perform: () => Promise<T>): Promise<T> {
  if (key === null) return perform()
  const name = `${act} ${key}`
  if (!shop.answered.has(name)) shop.answered.set(name, perform())
  return shop.answered.get(name) as Promise<T>
}
