import { setTimeout as realSleep } from 'node:timers/promises'
import type { Refund } from '../world/port.js'
import type { Witness } from '../world/witness.js'
import type { ProviderBooks } from './books.js'
import type { Payments, ProviderTrouble, RefundAnswer, RefundRequest } from './port.js'

/** The provider's books, its witness, and what befalls it. */
export interface ProviderOptions {
  readonly books: ProviderBooks
  readonly witness: Witness
  /** How the `nth` request (from 1) about an order is treated. Default: a calm provider. */
  readonly trouble?: (orderId: string, nth: number) => ProviderTrouble
  /** Called after a payment whose sender is to die. */
  readonly killSender?: (request: RefundRequest) => void
  /** Passes time; a rehearsal's is not ours. */
  readonly sleep?: (ms: number) => Promise<unknown>
}

const STATUS = { paid: 200, declined: 402, busy: 429, broken: 500 } as const

/** The payment provider itself: it remembers keys, and it has nights of its own. */
export function paymentProvider(options: ProviderOptions): Payments {
  const { books, witness, sleep = realSleep } = options
  const asked = new Map<string, number>()
  const answer = async (request: RefundRequest, signal: AbortSignal | undefined): Promise<RefundAnswer> => {
    const nth = (asked.get(request.orderId) ?? 0) + 1
    asked.set(request.orderId, nth)
    const trouble = options.trouble?.(request.orderId, nth) ?? { kind: 'none' }
    if (trouble.kind === 'busy') return { status: 'busy', retryAfterMs: trouble.retryAfterMs }
    if (trouble.kind === 'broken') return { status: 'broken' }
    // No signal here: who hangs up on a provider does not keep it from paying.
    if (trouble.kind === 'slow') await sleep(trouble.afterMs)
    const refund = await books.pay(request)
    if (trouble.kind === 'pay_then_kill_sender') options.killSender?.(request)
    if (trouble.kind.startsWith('pay_then')) await never(signal)
    return matches(refund, request) ? { status: 'paid', refund } : { status: 'declined', why: 'key_reused' }
  }
  return {
    find: (key) => books.find(key),
    refund: async (request, signal) => {
      const { orderId, key } = request
      const note = (amount: number, detail: string) =>
        witness.record({ deed: 'payment_request', orderId, key, amount, detail })
      await note(0, 'asked')
      const answered = await answer(request, signal)
      await note(STATUS[answered.status], 'answered')
      return answered
    },
  }
}

function matches(refund: Refund, request: RefundRequest): boolean {
  return refund.orderId === request.orderId && refund.cents === request.cents
}

/** Rejects when the caller gives up. */
function never(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(new Error('The caller hung up before the answer.'))
    if (signal?.aborted) give()
    signal?.addEventListener('abort', give, { once: true })
  })
}
