import { meter, tool } from 'midwatch'
import { DESCRIPTIONS, INPUTS } from '../acts/inputs.js'
import { offerCredit as credit } from '../acts/keyed.js'
import { theDesk } from '../acts/the-desk.js'
import { explained } from './faults.js'

/** Dollars of goodwill. */
export const creditUsd = meter('credit_usd', 'usd')

/**
 * The credit system takes no key and cannot be asked, so a lost answer is a person's to clear. The call runs in a child
 * process that ends itself at the bound; this module is what the child loads.
 */
export const offerCredit = tool({
  name: 'offer_credit',
  description: DESCRIPTIONS.offer_credit,
  input: INPUTS.offer_credit,
  effect: 'once',
  module: import.meta.url,
  timeout: '10s',
  locks: ({ orderId }) => `order:${orderId}`,
  meters: { [creditUsd.name]: ({ amount }) => amount },
  execute: async (input, call) => explained(credit(await theDesk(call), input)),
})
