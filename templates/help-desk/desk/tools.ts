import { meter, tool } from 'midwatch'
import { z } from 'zod'
import { office } from './office.js'

// Each tool says what its effect is, and with that what becomes of a call whose answer is lost.

/** `read`: asked again. */
export const findEmployee = tool({
  name: 'find_employee',
  description: 'Finds an employee by e-mail address; null when there is none.',
  input: z.object({ email: z.string() }),
  effect: 'read',
  timeout: '5s',
  execute: ({ email }) => office.employee(email),
})

/** `keyed`: sent again under the same key, which the ticket system remembers for more than a day. */
export const addNote = tool({
  name: 'add_note',
  description: "Adds a note to the employee's ticket.",
  input: z.object({ email: z.string(), text: z.string().max(500) }),
  effect: 'keyed',
  keyRemembered: '24h',
  timeout: '5s',
  execute: ({ email, text }, call) => office.note(email, text, call.key),
})

/** `checked`: looked up first, and sent again only once it is known that it did not happen. */
export const grantAccess = tool({
  name: 'grant_access',
  description: 'Gives an employee access to a system.',
  input: z.object({ email: z.string(), system: z.enum(['vpn', 'wiki', 'crm', 'admin']) }),
  effect: 'checked',
  timeout: '10s',
  // How long after its timeout a call may still arrive over there.
  settles: '30s',
  // One grant for each person, system and request, however often the model proposes it.
  key: ({ email, system }, { message }) => `${email}:${system}:${message.key}`,
  locks: ({ email }) => `employee:${email}`,
  check: async (_, { key }) => {
    const found = await office.granted(key)
    return found ? { did: 'happen', result: { id: found.id } } : { did: 'not_happen' }
  },
  execute: ({ email, system }, call) => office.grant(email, system, call.key),
})

/** Dollars of devices: `ceilings` may limit them. */
export const deviceUsd = meter('device_usd', 'usd')

/** `once`: nobody can be asked, so a lost answer goes to a person. The call runs in a process of its own. */
export const orderDevice = tool({
  name: 'order_device',
  description: 'Orders a device from the supplier. This cannot be taken back.',
  input: z.object({ email: z.string(), item: z.string(), usd: z.number().positive() }),
  effect: 'once',
  // What that process loads.
  module: import.meta.url,
  timeout: '20s',
  meters: { [deviceUsd.name]: ({ usd }) => usd },
  execute: ({ email, item, usd }, call) => office.order(email, item, usd, call.key),
})
