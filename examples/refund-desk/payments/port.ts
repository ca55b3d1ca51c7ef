import type { Refund } from '../world/port.js'

/** What the provider is asked to pay. */
export interface RefundRequest {
  readonly orderId: string
  readonly cents: number
  /** Idempotency key; null: the provider pays whenever it is asked. */
  readonly key: string | null
  /** Process that asks, where its client says so. */
  readonly senderPid?: number
}

/** paid · busy (429: did not act) · broken (5xx before it acted) · declined (never will). */
export type RefundAnswer =
  | { readonly status: 'paid'; readonly refund: Refund }
  | { readonly status: 'busy'; readonly retryAfterMs: number }
  | { readonly status: 'broken' }
  | { readonly status: 'declined'; readonly why: string }

/**
 * The payment provider as a caller sees it. It pays out what it is told, as bank transfers do: what an order cost it does not
 * know. Both calls reject when no answer came, and then nobody on this side knows whether it paid.
 */
export interface Payments {
  refund(request: RefundRequest, signal?: AbortSignal): Promise<RefundAnswer>
  /** What was paid under this key, or null for surely nothing. */
  find(key: string, signal?: AbortSignal): Promise<Refund | null>
}

/** How the provider treats one request. `slow` answers late; both `pay_…` pay, and the answer is never sent. */
export type ProviderTrouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'slow'; readonly afterMs: number }
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  | { readonly kind: 'broken' }
  | { readonly kind: 'pay_then_hang' }
  | { readonly kind: 'pay_then_kill_sender' }
