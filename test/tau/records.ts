/** Records of the shop. Optional fields appear when a tool sets them. */
export interface Variant {
  item_id: string
  options: Record<string, string>
  available: boolean
  price: number
}

export interface Product {
  name: string
  product_id: string
  variants: Record<string, Variant>
}

export interface PaymentMethod {
  source: string
  id: string
  /** Gift cards alone. */
  balance?: number
}

export interface Address {
  address1: string
  address2: string
  city: string
  country: string
  state: string
  zip: string
}

export interface User {
  user_id: string
  name: { first_name: string; last_name: string }
  address: Address
  email: string
  payment_methods: Record<string, PaymentMethod>
  orders: string[]
}

export interface OrderItem {
  name: string
  product_id: string
  item_id: string
  price: number
  options: Record<string, string>
}

export interface Payment {
  transaction_type: 'payment' | 'refund'
  amount: number
  payment_method_id: string
}

export interface Order {
  order_id: string
  user_id: string
  address: Address
  items: OrderItem[]
  status: string
  payment_history: Payment[]
  cancel_reason?: string
  return_items?: string[]
  return_payment_method_id?: string
  exchange_items?: string[]
  exchange_new_items?: string[]
  exchange_payment_method_id?: string
  exchange_price_difference?: number
}

export interface Tables {
  readonly products: Readonly<Record<string, Product>>
  readonly users: Readonly<Record<string, User>>
  readonly orders: Readonly<Record<string, Order>>
}
