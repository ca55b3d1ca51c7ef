import { tool } from 'midwatch'
import { findCustomer as customer, findOrder as order } from '../acts/find.js'
import { DESCRIPTIONS, INPUTS } from '../acts/inputs.js'
import { theDesk } from '../acts/the-desk.js'

/** A read: it may be repeated, and is never answered from an older result. */
export const findOrder = tool({
  name: 'find_order',
  description: DESCRIPTIONS.find_order,
  input: INPUTS.find_order,
  effect: 'read',
  timeout: '5s',
  execute: async (input, call) => order(await theDesk(call), input),
})

/** A read whose answer can be long: the window and its ceiling keep it in bounds. */
export const findCustomer = tool({
  name: 'find_customer',
  description: DESCRIPTIONS.find_customer,
  input: INPUTS.find_customer,
  effect: 'read',
  timeout: '5s',
  execute: async (input, call) => customer(await theDesk(call), input),
})
