import { itemsOf, priceDifference } from './exchange.js'
import type { Order } from './records.js'
import { isGiftCard, requireBalance, round2, type Shop, ShopRefusal } from './shop.js'

type Return = { order_id: string; item_ids: string[]; payment_method_id: string }

/** Asks for a return; money goes to a gift card or the method that paid. */
export function returnDeliveredOrderItems(shop: Shop, args: Return): Order {
  const before = shop.order(args.order_id)
  if (before.status !== 'delivered') throw new ShopRefusal('Non-delivered order cannot be returned')
  const method = shop.paymentMethod(before.user_id, args.payment_method_id)
  if (!isGiftCard(method) && args.payment_method_id !== before.payment_history[0]?.payment_method_id)
    throw new ShopRefusal('Payment method should be the original payment method')
  itemsOf(before, args.item_ids, () => 'Some item not found')
  const order = shop.editOrder(args.order_id)
  order.status = 'return requested'
  order.return_items = [...args.item_ids].sort()
  order.return_payment_method_id = args.payment_method_id
  return order
}

type Exchange = Return & { new_item_ids: string[] }

/** Asks for an exchange; no money moves yet. */
export function exchangeDeliveredOrderItems(shop: Shop, args: Exchange): Order {
  const { order_id, item_ids, new_item_ids, payment_method_id } = args
  const before = shop.order(order_id)
  if (before.status !== 'delivered') throw new ShopRefusal('Non-delivered order cannot be exchanged')
  itemsOf(before, item_ids, (id) => `Number of ${id} not found.`)
  if (item_ids.length !== new_item_ids.length)
    throw new ShopRefusal('The number of items to be exchanged should match.')
  const exact = priceDifference(shop, before, item_ids, new_item_ids, { mustDiffer: false }).difference
  const difference = round2(exact)
  const method = shop.paymentMethod(before.user_id, payment_method_id)
  requireBalance(method, difference, 'Insufficient gift card balance to pay for the price difference')
  const order = shop.editOrder(order_id)
  order.status = 'exchange requested'
  order.exchange_items = [...item_ids].sort()
  order.exchange_new_items = [...new_item_ids].sort()
  order.exchange_payment_method_id = payment_method_id
  order.exchange_price_difference = difference
  return order
}
