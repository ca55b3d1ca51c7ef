import { itemsOf, priceDifference } from './exchange.js'
import type { Address, Order, Payment } from './records.js'
import { requireBalance, type Shop, ShopRefusal } from './shop.js'

const REASONS = ['no longer needed', 'ordered by mistake']

/** Cancels; gift cards get their money back at once. */
export function cancelPendingOrder(shop: Shop, args: { order_id: string; reason: string }): Order {
  const { status, user_id, payment_history } = shop.order(args.order_id)
  if (status !== 'pending') throw new ShopRefusal('Non-pending order cannot be cancelled')
  if (!REASONS.includes(args.reason)) throw new ShopRefusal('Invalid reason')
  const refunds = payment_history.map((paid): Payment => ({ ...paid, transaction_type: 'refund' }))
  for (const refund of refunds) shop.addToGiftCard(user_id, refund.payment_method_id, refund.amount)
  const order = shop.editOrder(args.order_id)
  order.status = 'cancelled'
  order.cancel_reason = args.reason
  order.payment_history.push(...refunds)
  return order
}

export function modifyPendingOrderAddress(shop: Shop, args: { order_id: string } & Address): Order {
  requirePending(shop.order(args.order_id))
  const { order_id, ...address } = args
  const order = shop.editOrder(order_id)
  order.address = address
  return order
}

/** Pays with another method; the one before gets its money back. */
export function modifyPendingOrderPayment(shop: Shop, args: { order_id: string; payment_method_id: string }): Order {
  const { user_id, payment_history, status } = shop.order(args.order_id)
  requirePending({ status })
  const method = shop.paymentMethod(user_id, args.payment_method_id)
  const [paid, ...more] = payment_history
  if (!paid || more.length > 0 || paid.transaction_type !== 'payment')
    throw new ShopRefusal('There should be exactly one payment for a pending order')
  if (paid.payment_method_id === args.payment_method_id)
    throw new ShopRefusal('The new payment method should be different from the current one')
  requireBalance(method, paid.amount, 'Insufficient gift card balance to pay for the order')
  const order = shop.editOrder(args.order_id)
  order.payment_history.push(
    { transaction_type: 'payment', amount: paid.amount, payment_method_id: args.payment_method_id },
    { transaction_type: 'refund', amount: paid.amount, payment_method_id: paid.payment_method_id },
  )
  shop.addToGiftCard(user_id, args.payment_method_id, -paid.amount)
  shop.addToGiftCard(user_id, paid.payment_method_id, paid.amount)
  return order
}

type ModifyItems = { order_id: string; item_ids: string[]; new_item_ids: string[]; payment_method_id: string }

/** Replaces items once. Every replaced item gets price and options of the last new variant, as in the original. */
export function modifyPendingOrderItems(shop: Shop, args: ModifyItems): Order {
  const { order_id, item_ids, new_item_ids, payment_method_id } = args
  const before = shop.order(order_id)
  if (before.status !== 'pending') throw new ShopRefusal('Non-pending order cannot be modified')
  itemsOf(before, item_ids, (id) => `${id} not found`)
  if (item_ids.length !== new_item_ids.length) throw new ShopRefusal('The number of items to be exchanged should match')
  const { difference, last } = priceDifference(shop, before, item_ids, new_item_ids, { mustDiffer: true })
  const method = shop.paymentMethod(before.user_id, payment_method_id)
  requireBalance(method, difference, 'Insufficient gift card balance to pay for the new item')
  const order = shop.editOrder(order_id)
  order.payment_history.push({
    transaction_type: difference > 0 ? 'payment' : 'refund',
    amount: Math.abs(difference),
    payment_method_id,
  })
  shop.addToGiftCard(before.user_id, payment_method_id, -difference)
  item_ids.forEach((id, i) => {
    const item = order.items.find(({ item_id }) => item_id === id)
    if (item && last) Object.assign(item, { item_id: new_item_ids[i], price: last.price, options: { ...last.options } })
  })
  order.status = 'pending (item modified)'
  return order
}

function requirePending({ status }: Pick<Order, 'status'>): void {
  if (!status.includes('pending')) throw new ShopRefusal('Non-pending order cannot be modified')
}
