import type { Refund } from '../world/port.js'
import type { Payments, RefundAnswer } from './port.js'

/** The provider over HTTP. `account` is the whole address, such as `http://127.0.0.1:4000/midwatch`. */
export function httpPayments(account: string, token: string): Payments {
  const authorization = `Bearer ${token}`
  return {
    refund: async ({ orderId, cents, key }, signal) => {
      const response = await fetch(`${account}/refunds`, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'x-sender-pid': String(process.pid),
          ...(key !== null && { 'idempotency-key': key }),
        },
        body: JSON.stringify({ orderId, cents }),
        signal: signal ?? null,
      })
      return answerOf(response)
    },
    find: async (key, signal) => {
      const response = await fetch(`${account}/refunds?key=${encodeURIComponent(key)}`, {
        headers: { authorization },
        signal: signal ?? null,
      })
      if (response.status === 404) return null
      if (!response.ok) throw new Error(`The provider answered ${response.status} to a look-up.`)
      return (await response.json()) as Refund
    },
  }
}

async function answerOf(response: Response): Promise<RefundAnswer> {
  if (response.status === 429) {
    return { status: 'busy', retryAfterMs: Math.ceil(Number(response.headers.get('retry-after') ?? 1) * 1_000) }
  }
  if (response.status === 500) return { status: 'broken' }
  const body = (await response.json()) as Refund & { error?: string }
  return response.ok ? { status: 'paid', refund: body } : { status: 'declined', why: body.error ?? 'declined' }
}
