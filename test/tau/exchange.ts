import type { Order, OrderItem, Variant } from './records.js'
import { type Shop, ShopRefusal } from './shop.js'

/** The ids must be among the order's items, as often as they are named. */
export function itemsOf(order: Order, ids: readonly string[], message: (id: string) => string): void {
  const times = (list: readonly string[], id: string) => list.filter((other) => other === id).length
  const owned = order.items.map(({ item_id }) => item_id)
  for (const id of ids) if (times(ids, id) > times(owned, id)) throw new ShopRefusal(message(id))
}

/** What the new variants cost more, summed in order and not rounded; and the last of them. */
export function priceDifference(
  shop: Shop,
  order: Order,
  ids: readonly string[],
  newIds: readonly string[],
  { mustDiffer }: { mustDiffer: boolean },
): { difference: number; last: Variant | null } {
  let difference = 0
  let last: Variant | null = null
  ids.forEach((id, i) => {
    const newId = newIds[i] ?? ''
    if (mustDiffer && id === newId) throw new ShopRefusal('The new item id should be different from the old item id')
    const item = itemOf(order, id)
    last = shop.variant(item.product_id, newId)
    if (!last.available) throw new ShopRefusal(`New item ${newId} not found or available`)
    difference += last.price - item.price
  })
  return { difference, last }
}

function itemOf(order: Order, id: string): OrderItem {
  const item = order.items.find(({ item_id }) => item_id === id)
  if (!item) throw new ShopRefusal('Item not found')
  return item
}
