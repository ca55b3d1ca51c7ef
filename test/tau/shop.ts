import type { Order, PaymentMethod, Product, Tables, User, Variant } from './records.js'
import { StateHash } from './state-hash.js'

/** A tool's "no": nothing was changed. Its message is what the original tools say. */
export class ShopRefusal extends Error {}

/** A shop over the initial tables: records are copied when they are first changed, so that many shops share one base. */
export class Shop {
  private readonly changed = { users: new Map<string, User>(), orders: new Map<string, Order>() }

  constructor(
    private readonly tables: Tables,
    private readonly base: StateHash = new StateHash(tables),
  ) {}

  /** A shop in the initial state. */
  fresh(): Shop {
    return new Shop(this.tables, this.base)
  }

  order(id: string): Readonly<Order> {
    return this.changed.orders.get(id) ?? found(this.tables.orders[id], 'Order not found')
  }

  user(id: string): Readonly<User> {
    return this.changed.users.get(id) ?? found(this.tables.users[id], 'User not found')
  }

  product(id: string): Readonly<Product> {
    return found(this.tables.products[id], 'Product not found')
  }

  variant(productId: string, itemId: string): Readonly<Variant> {
    return found(this.product(productId).variants[itemId], 'Variant not found')
  }

  paymentMethod(userId: string, id: string): Readonly<PaymentMethod> {
    return found(this.user(userId).payment_methods[id], 'Payment method not found')
  }

  users(): Readonly<User>[] {
    return Object.keys(this.tables.users).map((id) => this.user(id))
  }

  products(): Readonly<Product>[] {
    return Object.values(this.tables.products)
  }

  /** The order, to be changed. Call it when every check has passed. */
  editOrder(id: string): Order {
    return edited(this.changed.orders, id, () => this.order(id))
  }

  editUser(id: string): User {
    return edited(this.changed.users, id, () => this.user(id))
  }

  /** Adds to a gift card's balance, which is kept to two digits; other methods hold no balance. */
  addToGiftCard(userId: string, methodId: string, amount: number): void {
    const method = this.paymentMethod(userId, methodId)
    if (!isGiftCard(method)) return
    const card = this.editUser(userId).payment_methods[methodId]
    if (card) card.balance = round2((method.balance ?? 0) + amount)
  }

  stateHash(): string {
    return this.base.with(this.changed)
  }

  /** Records that are not as they were in the beginning, by their hashes. */
  changes(): string[] {
    return this.base.changes(this.changed)
  }
}

function found<T>(record: T | undefined, message: string): T {
  if (record === undefined) throw new ShopRefusal(message)
  return record
}

function edited<T>(changed: Map<string, T>, id: string, read: () => T): T {
  const record = changed.get(id) ?? structuredClone(read())
  changed.set(id, record)
  return record
}

export function isGiftCard(method: PaymentMethod): boolean {
  return method.source === 'gift_card'
}

/** Refuses with the message where a gift card does not hold the amount. */
export function requireBalance(method: PaymentMethod, amount: number, message: string): void {
  if (isGiftCard(method) && (method.balance ?? 0) < amount) throw new ShopRefusal(message)
}

/** Two digits, halves to even as the original's arithmetic does; only eighths can be exact halves in binary. */
export function round2(value: number): number {
  const cents = Math.floor(value * 100)
  if (Number.isInteger(value * 8) && value * 100 - cents === 0.5) return (cents + (cents % 2 === 0 ? 0 : 1)) / 100
  return Number(value.toFixed(2))
}
