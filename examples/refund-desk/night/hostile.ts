import type { Customer, RefundWorld } from '../world/port.js'
import type { Night } from './night.js'

/** The shop on such a night: a credit system that acts and drops the line, a customer whose history has no end. */
export function hostileWorld(world: RefundWorld, night: Night): RefundWorld {
  const dropped = new Set<string>()
  return {
    ...world,
    customer: async (id) => {
      const customer = await world.customer(id)
      const lines = night.historyLines(id)
      return customer && lines > 0 ? { ...customer, history: longHistory(customer, lines) } : customer
    },
    giveCredit: async (credit) => {
      const given = await world.giveCredit(credit)
      if (!night.losesCredit(credit.orderId) || dropped.has(credit.orderId)) return given
      dropped.add(credit.orderId)
      throw new Error('The connection to the credit system was reset.')
    },
  }
}

function longHistory({ name }: Customer, lines: number): string[] {
  return Array.from({ length: lines }, (_, index) => {
    const topic = ['the colour of the pot', 'the delivery slot', 'a voucher of last spring', 'the pattern'][index % 4]
    return `${index + 1}. ${name} wrote at length about ${topic}, and was answered that a colleague would look into it; then wrote again to say that nobody had, asked for a call back, and was promised one within two working days.`
  })
}
