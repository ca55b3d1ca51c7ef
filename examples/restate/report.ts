import { duplicates } from '../refund-desk/report/count.js'
import type { NightRecord } from './night.js'

/** A night, line by line: how each message ended by the ledger, what was done by the witness, and who died meanwhile. */
export function reportOf({ ended, facts, kills, approved }: NightRecord): string[] {
  const paid = facts.filter(({ deed }) => deed === 'refund')
  const orders = new Set(paid.map(({ orderId }) => orderId))
  return [
    ...ended.map((one) => `${one.case.name}: ${one.status}`),
    `SIGKILL: the Restate server ${kills.server} ×, the service ${kills.service} ×`,
    `refunds: ${paid.length}, of ${orders.size} orders; a person approved ${approved}`,
    `done twice: ${duplicates(facts)}`,
  ]
}
