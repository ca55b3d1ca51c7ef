import { calculate } from './calculator.js'
import { getItemDetails, listAllProductTypes } from './catalogue.js'
import { findUserIdByEmail, findUserIdByNameZip, modifyUserAddress } from './customer.js'
import { exchangeDeliveredOrderItems, returnDeliveredOrderItems } from './delivered-order.js'
import type { ToolSpec } from './outside-data.js'
import {
  cancelPendingOrder,
  modifyPendingOrderAddress,
  modifyPendingOrderItems,
  modifyPendingOrderPayment,
} from './pending-order.js'
import { type Shop, ShopRefusal } from './shop.js'

type Args = Readonly<Record<string, unknown>>
// Arguments are checked against the tool's required parameters before; the shop looks up what it is given.
type Work = (shop: Shop, args: never) => unknown

const WORKS: Readonly<Record<string, Work>> = {
  calculate,
  cancel_pending_order: cancelPendingOrder,
  exchange_delivered_order_items: exchangeDeliveredOrderItems,
  find_user_id_by_name_zip: findUserIdByNameZip,
  find_user_id_by_email: findUserIdByEmail,
  get_order_details: (shop: Shop, args: { order_id: string }) => shop.order(args.order_id),
  get_product_details: (shop: Shop, args: { product_id: string }) => shop.product(args.product_id),
  get_item_details: getItemDetails,
  get_user_details: (shop: Shop, args: { user_id: string }) => shop.user(args.user_id),
  list_all_product_types: listAllProductTypes,
  modify_pending_order_address: modifyPendingOrderAddress,
  modify_pending_order_items: modifyPendingOrderItems,
  modify_pending_order_payment: modifyPendingOrderPayment,
  modify_user_address: modifyUserAddress,
  return_delivered_order_items: returnDeliveredOrderItems,
  transfer_to_human_agents: () => 'Transfer successful',
}

/** Where the shop's sixteen tools are called by name. Throws `ShopRefusal`, and then nothing has changed. */
export class Counter {
  private readonly specs: ReadonlyMap<string, ToolSpec>
  constructor(specs: readonly ToolSpec[]) {
    this.specs = new Map(specs.map((spec) => [spec.name, spec]))
  }

  /** The answer, as it is now: later changes do not reach it. */
  call(shop: Shop, tool: string, args: Args): unknown {
    const work = WORKS[tool]
    const spec = this.specs.get(tool)
    if (!work || !spec) throw new ShopRefusal(`no tool ${tool}`)
    const missing = spec.parameters.required.find((name) => args[name] === undefined)
    if (missing !== undefined) throw new ShopRefusal(`${tool}() missing '${missing}'`)
    return structuredClone(work(shop, args as never))
  }
}
