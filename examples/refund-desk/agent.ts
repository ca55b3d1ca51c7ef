import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { agent, allow, escalate, refuse } from 'midwatch'
import { z } from 'zod'
import { nightHere, theDesk } from './acts/the-desk.js'
import { brainModel } from './brain/model.js'
import { offerCredit } from './tools/credit.js'
import { findCustomer, findOrder } from './tools/find.js'
import { addNote, cancelOrder, sendEmail } from './tools/keyed.js'
import { issueRefund } from './tools/refund.js'

/** Above this a person decides; above the second number no person here may. */
export const ALONE_USD = 100
const AT_ALL_USD = 200

const INSTRUCTIONS = `You are the refund desk of a shop. Work the customer's message with the tools.
Look an order up before you do anything about it. Pay back at most what the order cost, and nothing twice.
Cancel only orders that are open. A complaint without a wish for money back earns a small credit, at most $10.
Tell the customer by e-mail what was done, then complete. Say in one sentence why you make each call.
Refuse what has nothing to do with orders, and whatever one customer asks about another.`

/** On a short night people answer in seconds; in an office they have hours. */
const PATIENCE = nightHere().seed > 0 ? ('5s' as const) : ('4h' as const)

/** A real model with MIDWATCH_MODEL and a provider key, else the scripted one. */
function model() {
  const {
    MIDWATCH_MODEL: name,
    OPENAI_BASE_URL: baseURL = 'https://api.openai.com/v1',
    OPENAI_API_KEY: apiKey,
  } = process.env
  if (!name) return brainModel({ night: nightHere(), witness: async () => (await theDesk()).witness })
  return createOpenAICompatible({ name: 'openai', baseURL, ...(apiKey && { apiKey }) })(name)
}

/** What the desk can do. */
export const TOOLS = [findOrder, findCustomer, issueRefund, cancelOrder, sendEmail, addNote, offerCredit] as const

/** The desk. What it may do alone stands in `rules`, what it may use up in `ceilings`; the model only proposes. */
export const refundDesk = agent({
  name: 'refund-desk',
  version: 1,
  input: z.object({ message: z.string() }),
  outcome: z.object({ resolution: z.string() }),
  instructions: INSTRUCTIONS,
  model: { model: model(), maxOutputTokens: 800, timeout: '30s' },
  tools: [...TOOLS],
  rules: {
    issue_refund: ({ orderId, amount }, run) => {
      if (!run.did(findOrder, { orderId })) return refuse('policy', 'Look the order up first.')
      if (amount > AT_ALL_USD) return refuse('policy', `More than $${AT_ALL_USD}: hand over to finance.`)
      if (amount <= ALONE_USD) return allow()
      return escalate({ to: 'finance', within: PATIENCE }, { to: 'manager', within: PATIENCE, otherwise: 'refuse' })
    },
    cancel_order: ({ orderId }, run) =>
      run.did(findOrder, { orderId }) ? allow() : refuse('policy', 'Look the order up first.'),
    offer_credit: ({ amount }) => (amount <= 10 ? allow() : refuse('policy', 'A credit is at most $10.')),
  },
  ceilings: {
    run: {
      steps: 30,
      usd: '$0.25',
      active: '2m',
      deadline: '1d',
      context_tokens: 16_000,
      retries: 8,
      refund_usd: AT_ALL_USD,
      credit_usd: 10,
      emails: 3,
    },
    tenant: { usd: { per: 'day', max: '$50' }, refund_usd: { per: 'day', max: 2_000 } },
  },
})
