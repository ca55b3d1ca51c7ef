import { meter, tool } from 'midwatch'
import { DESCRIPTIONS, INPUTS } from '../acts/inputs.js'
import { lookUpRefund, issueRefund as refund } from '../acts/refund.js'
import { theDesk } from '../acts/the-desk.js'
import { explained } from './faults.js'

/** Dollars paid back. */
export const refundUsd = meter('refund_usd', 'usd')

/**
 * One payment per order and customer message, however often a model proposes it. Nobody else works on the order meanwhile, and
 * an answer that was lost is looked up before anything is sent again.
 */
export const issueRefund = tool({
  name: 'issue_refund',
  description: DESCRIPTIONS.issue_refund,
  input: INPUTS.issue_refund,
  effect: 'checked',
  attempts: 6,
  timeout: '2s',
  // Who hangs up on the provider does not keep it from paying a moment later.
  settles: '1s',
  lane: 'payments',
  key: ({ orderId }, { message }) => `${orderId}:${message.key}`,
  locks: ({ orderId }) => `order:${orderId}`,
  meters: { [refundUsd.name]: ({ amount }) => amount },
  check: async (_, call) => {
    const found = await lookUpRefund(await theDesk(call), call.key, call.signal)
    return found ? { did: 'happen', result: found } : { did: 'not_happen' }
  },
  execute: async (input, call) => explained(refund(await theDesk(call), input, call)),
})
