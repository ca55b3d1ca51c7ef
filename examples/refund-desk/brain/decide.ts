import type { FoundOrder } from '../acts/find.js'
import type { Decision } from './decision.js'
import { letterFor } from './letters.js'
import { lookBack, type Messages, type Past } from './look-back.js'
import { misbehaviour } from './misbehave.js'
import type { Mood } from './moods.js'

const CREDIT_SHARE = 0.1
const MOST_CREDIT = 10

/** The next move, as a pure function of the conversation so far; `past` where it was looked back on already. */
export function decide(messages: Messages, mood: Mood = 'steady', past = lookBack(messages)): Decision {
  return misbehaviour(mood, past) ?? behave(past)
}

function behave(past: Past): Decision {
  const { orderId, wishes } = past.reading
  if (wishes.includes('private')) return refuse('policy', 'I may not tell one customer about another.')
  if (orderId === null && wishes.length === 0) return refuse('out_of_scope', 'I work on orders and refunds only.')
  if (orderId === null) return refuse('cannot_know', 'Please write again with the number of your order.')
  if (past.last?.error && past.last.tool === 'find_order')
    return handOver(`The order could not be read: ${past.last.text}`)
  if (past.order === null) return { say: `I look at order ${orderId} first.`, name: 'find_order', input: { orderId } }
  if (!past.order.found) return refuse('cannot_know', `There is no order ${orderId}.`)
  return serve(past, past.order)
}

function serve(past: Past, order: FoundOrder): Decision {
  const { wishes } = past.reading
  if (past.last?.error) {
    const met = meet(past, order)
    if (met) return met
  }
  if (wishes.includes('cancel') && (order.state === 'open' || past.did('cancel_order'))) return cancel(past, order)
  if (wishes.includes('refund')) return refund(past, order)
  if (wishes.includes('complaint')) return soothe(past, order)
  return answer(past, order)
}

function cancel(past: Past, order: FoundOrder): Decision {
  const { orderId } = order
  if (!past.did('cancel_order')) {
    return { say: 'It has not left the house, so it can be cancelled.', name: 'cancel_order', input: { orderId } }
  }
  return note(past, order, 'Cancelled at the wish of the customer.') ?? answer(past, order)
}

function refund(past: Past, order: FoundOrder): Decision {
  const amount = past.reading.amount ?? order.total
  if (order.refunded > 0 || past.did('issue_refund')) return answer(past, order)
  if (amount > order.total)
    return refuse('policy', `Order ${order.orderId} cost $${order.total}, which is less than that.`)
  return {
    say: `Order ${order.orderId} was paid and not refunded yet; the customer asks for $${amount}.`,
    name: 'issue_refund',
    input: { orderId: order.orderId, amount },
  }
}

/** A complaint without a wish for money: credit, a note, and a letter. */
function soothe(past: Past, order: FoundOrder): Decision {
  const { orderId, customerId, total } = order
  if (!past.tried('find_customer')) {
    return { say: 'Has this customer complained before?', name: 'find_customer', input: { customerId } }
  }
  if (!past.did('offer_credit')) {
    const amount = Math.min(MOST_CREDIT, Math.max(1, Math.round(total * CREDIT_SHARE)))
    return {
      say: 'A small credit shows that we are sorry.',
      name: 'offer_credit',
      input: { orderId, customerId, amount },
    }
  }
  return note(past, order, 'Complained; was given credit.') ?? answer(past, order)
}

/** Writes to the customer, then completes. */
function answer(past: Past, order: FoundOrder): Decision {
  const letter = letterFor(past, order)
  const { orderId, customerId } = order
  if (past.tried('send_email')) return { say: 'All done.', name: 'complete', input: { resolution: letter.body } }
  return { say: 'The customer should hear of it.', name: 'send_email', input: { orderId, customerId, ...letter } }
}

function note(past: Past, { orderId }: FoundOrder, text: string): Decision | null {
  if (past.tried('add_note')) return null
  return { say: 'Colleagues should see this.', name: 'add_note', input: { orderId, text } }
}

/** What a sensible model makes of a refusal or a failure; null: go on as if nothing were. */
function meet(past: Past, order: FoundOrder): Decision | null {
  const { tool, text } = past.last as NonNullable<Past['last']>
  if (tool === 'send_email' || tool === 'add_note' || tool === 'find_customer') return null
  if (/already_refunded|no_longer_open/.test(text)) return answerLate(past, order)
  if (/look the order up|invalid|expected|argument|json|schema/.test(text) && past.calls(tool) < 4) return null
  if (/ceiling|exhausted|no room|limit|finance/.test(text)) return handOver(`More than I may do: ${text}`, 'finance')
  if (/refus|den(y|ied)|nobody|policy/.test(text)) return refuse('policy', 'This refund was not approved.')
  return handOver(`${tool} failed: ${text}`)
}

/** Somebody else was faster: the order is looked at again before anything is said about it. */
function answerLate(past: Past, { orderId }: FoundOrder): Decision | null {
  if (past.calls('find_order') > 2) return handOver('The order keeps changing under my hands.')
  return { say: 'Then somebody was faster; I look again.', name: 'find_order', input: { orderId } }
}

function refuse(reason: string, say: string): Decision {
  return { say, name: 'refuse', input: { reason, say } }
}

function handOver(note: string, to = 'desk'): Decision {
  return { say: 'A person should look at this.', name: 'hand_over', input: { to, note: note.slice(0, 300) } }
}
