import { meter, tool } from 'midwatch'
import { DESCRIPTIONS, INPUTS } from '../acts/inputs.js'
import { cancelOrder as cancel, sendEmail as email, addNote as note } from '../acts/keyed.js'
import { theDesk } from '../acts/the-desk.js'
import { explained } from './faults.js'

/** E-mails to customers. */
export const emails = meter('emails', 'count')

/** The shop remembers keys, so a lost answer is sent again under the same one. */
export const cancelOrder = tool({
  name: 'cancel_order',
  description: DESCRIPTIONS.cancel_order,
  input: INPUTS.cancel_order,
  effect: 'keyed',
  keyRemembered: '30d',
  timeout: '5s',
  locks: ({ orderId }) => `order:${orderId}`,
  execute: async (input, call) => explained(cancel(await theDesk(call), input, call)),
})

/** One e-mail for the same words in one run, and at most three in all. */
export const sendEmail = tool({
  name: 'send_email',
  description: DESCRIPTIONS.send_email,
  input: INPUTS.send_email,
  effect: 'keyed',
  keyRemembered: '30d',
  // The outbox lets one of two senders with the same key win.
  concurrent: true,
  timeout: '5s',
  meters: { [emails.name]: () => 1 },
  execute: async (input, call) => explained(email(await theDesk(call), input, call)),
})

/** Colleagues read these. */
export const addNote = tool({
  name: 'add_note',
  description: DESCRIPTIONS.add_note,
  input: INPUTS.add_note,
  effect: 'keyed',
  keyRemembered: '30d',
  concurrent: true,
  timeout: '5s',
  execute: async (input, call) => explained(note(await theDesk(call), input, call)),
})
