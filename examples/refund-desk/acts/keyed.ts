import { ActFault, centsOf, type Desk, type How } from './desk.js'

/** Acts of the shop itself, each idempotent by its key where one is sent. */

/** Throws `no_longer_open` where the order has left the house. */
export async function cancelOrder(
  desk: Desk,
  { orderId }: { orderId: string },
  how: How,
): Promise<{ cancelled: true }> {
  const done = await desk.world.cancelOrder(orderId, how.key)
  if (!done) throw new ActFault('permanent', 'no_longer_open')
  return { cancelled: true }
}

/** An e-mail as a model proposes it. */
export interface SendEmail {
  readonly orderId: string
  readonly customerId: string
  readonly subject: string
  readonly body: string
}

/** The address is looked up, never taken from a model; and nobody is told of another one's order. */
export async function sendEmail(desk: Desk, mail: SendEmail, how: How): Promise<{ mailId: string }> {
  const customer = await desk.world.customer(mail.customerId)
  if (!customer) throw new ActFault('permanent', 'no_such_customer')
  await checkOwner(desk, mail)
  return desk.world.sendEmail(mail, how.key)
}

/** What a model says of who ordered something is checked before anything reaches them. */
async function checkOwner(desk: Desk, { orderId, customerId }: { orderId: string; customerId: string }): Promise<void> {
  const order = await desk.world.order(orderId)
  if (order?.customerId !== customerId) throw new ActFault('permanent', 'order_of_another')
}

/** A note on the order, for colleagues. */
export function addNote(
  desk: Desk,
  { orderId, text }: { orderId: string; text: string },
  how: How,
): Promise<{ noteId: string }> {
  return desk.world.addNote(orderId, text, how.key)
}

/** The credit system takes no key and cannot be asked: whoever loses its answer must ask a person. */
export async function offerCredit(
  desk: Desk,
  { customerId, orderId, amount }: { customerId: string; orderId: string; amount: number },
): Promise<{ creditId: string }> {
  await checkOwner(desk, { orderId, customerId })
  return desk.world.giveCredit({ customerId, orderId, cents: centsOf(amount) })
}
