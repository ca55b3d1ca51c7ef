import type { Decision } from './decision.js'
import type { Past } from './look-back.js'
import type { Mood } from './moods.js'

/** What a model in such a mood does instead of something sensible; null where even it behaves. */
export function misbehaviour(mood: Mood, past: Past): Decision | null {
  const { orderId } = past.reading
  if (orderId === null || mood === 'steady') return null
  if (mood === 'hasty') return past.tried('issue_refund') ? null : payUnseen(orderId, past.reading.amount ?? 50)
  const { order } = past
  if (!order?.found) return null
  if (mood === 'loops') {
    return { say: 'Let me make sure and look once more.', name: 'find_order', input: { orderId } }
  }
  if (mood === 'malformed') return past.tried('issue_refund') ? null : writeOut(orderId)
  return mood === 'apologises' ? apologise(past, orderId, order.customerId) : readOn(past, order.customerId)
}

function payUnseen(orderId: string, amount: number): Decision {
  return { say: 'The customer says so, I pay.', name: 'issue_refund', input: { orderId, amount } }
}

function writeOut(orderId: string): Decision {
  const inputText = `{"orderId": ${orderId}, "amount": "thirty-nine dollars"}`
  return { say: 'I refund the whole amount.', name: 'issue_refund', inputText }
}

/** Another apology, each in other words, so that no two are equal. */
function apologise(past: Past, orderId: string, customerId: string): Decision {
  const nth = past.calls('send_email') + 1
  const body = `We are ${'so '.repeat(nth)}sorry about your order.`
  const input = { orderId, customerId, subject: 'We are sorry', body }
  return { say: 'One apology does not seem enough.', name: 'send_email', input }
}

/** The next page of the history, until there is none. */
function readOn(past: Past, customerId: string): Decision | null {
  const seen = past.customer?.found ? past.customer : null
  if (seen && seen.page >= seen.pages) return null
  const page = (seen?.page ?? 0) + 1
  return { say: 'I should know the whole story.', name: 'find_customer', input: { customerId, page } }
}
