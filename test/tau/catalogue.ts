import type { Variant } from './records.js'
import { type Shop, ShopRefusal } from './shop.js'

export function getItemDetails(shop: Shop, args: { item_id: string }): Variant {
  for (const { variants } of shop.products()) {
    const variant = variants[args.item_id]
    if (variant) return variant
  }
  throw new ShopRefusal('Item not found')
}

/** JSON text: name → product id, by name. */
export function listAllProductTypes(shop: Shop): string {
  const named = shop.products().map(({ name, product_id }): [string, string] => [name, product_id])
  return JSON.stringify(Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1))))
}
