import type { Customer, Order, OrderState } from './port.js'

type OrderRow = readonly [id: string, customerId: string, item: string, totalCents: number, state: OrderState]

const CUSTOMERS: readonly (readonly [id: string, name: string])[] = [
  ['c-01', 'Ada Byron'],
  ['c-02', 'Ben Okafor'],
  ['c-03', 'Chen Li'],
  ['c-04', 'Dana Petrov'],
  ['c-05', 'Eva Lindt'],
  ['c-06', 'Femi Adeyemi'],
  ['c-07', 'Grace Moreau'],
  ['c-08', 'Hugo Brandt'],
  ['c-09', 'Ines Talbot'],
]

const ORDERS: readonly OrderRow[] = [
  ['1001', 'c-01', 'desk lamp', 3_490, 'shipped'],
  ['1002', 'c-02', 'coffee grinder', 2_500, 'delivered'],
  ['1003', 'c-03', 'bicycle pump', 1_999, 'open'],
  ['1004', 'c-04', 'rain jacket', 8_950, 'delivered'],
  ['1005', 'c-05', 'teapot', 3_200, 'delivered'],
  ['1006', 'c-06', 'keyboard', 7_400, 'delivered'],
  ['1007', 'c-07', 'backpack', 6_100, 'delivered'],
  ['1008', 'c-08', 'running shoes', 9_500, 'delivered'],
  ['1009', 'c-01', 'headphones', 9_900, 'delivered'],
  ['1010', 'c-02', 'chess set', 4_200, 'delivered'],
  ['1011', 'c-03', 'camping stove', 5_600, 'delivered'],
  ['1012', 'c-04', 'tent', 8_800, 'delivered'],
  ['1013', 'c-05', 'espresso machine', 18_000, 'delivered'],
  ['1014', 'c-06', 'office chair', 15_000, 'delivered'],
  ['1015', 'c-07', 'sewing machine', 64_000, 'delivered'],
  ['1016', 'c-08', 'wool blanket', 4_500, 'delivered'],
  ['1017', 'c-01', 'board game', 3_900, 'delivered'],
  ['1018', 'c-09', 'plant pot', 2_100, 'delivered'],
  ['1019', 'c-03', 'picture frame', 2_700, 'delivered'],
  ['1020', 'c-04', 'garden hose', 3_300, 'delivered'],
  ['1021', 'c-05', 'fountain pen', 5_200, 'delivered'],
  ['1022', 'c-06', 'winter gloves', 2_800, 'shipped'],
  ['1023', 'c-07', 'wall clock', 4_700, 'delivered'],
  ['1024', 'c-08', 'kettle', 3_600, 'delivered'],
]

/** What the shop holds before anything happens. */
export function stockedCustomers(): Customer[] {
  return CUSTOMERS.map(([id, name]) => ({
    id,
    name,
    email: `${name.split(' ')[0]?.toLowerCase()}@example.com`,
    creditCents: 0,
    history: [`${name} wrote once before, about a delivery date. Answered the same day.`],
  }))
}

/** Every case of the night has an order here; 1023 and 1024 are left for messages typed by hand. */
export function stockedOrders(): Order[] {
  return ORDERS.map(([id, customerId, item, totalCents, state]) => ({
    id,
    customerId,
    item,
    totalCents,
    state,
    refundedCents: 0,
  }))
}
