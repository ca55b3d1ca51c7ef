import type { Ended } from '../night/ended.js'
import type { NightRecord } from '../night/run-night.js'
import type { Deed, Side, WrittenFact } from '../world/witness.js'

/** What one desk did in a night, counted from the execution journal and the clocks. */
export interface Tally {
  readonly messages: number
  /** Deeds done a second time: payments, credits, cancellations, e-mails of the same words. */
  readonly duplicates: number
  readonly paidTwice: number
  readonly paidTwiceUsd: number
  /** Dollars above the limit that no person approved. */
  readonly unapprovedUsd: number
  /** Cases whose model calls cost more than one message may. */
  readonly overBudget: number
  readonly stuckOrSilent: number
  readonly handedOver: number
  readonly modelUsd: number
  /** Of messages that waited for no person. */
  readonly p50Ms: number
  readonly p95Ms: number
  /** In ms: between the first and the last try of a payment, over all orders. */
  readonly retriesMs: number
}

/** The desk's own ceiling on the model calls of one message. */
export const BUDGET_USD = 0.25
/** Above this a person decides. */
export const ALONE_USD = 100
const TWICE_IS_WRONG: readonly Deed[] = ['refund', 'credit', 'cancel', 'email']

/** Counts one side of a night. */
export function tally(record: NightRecord, side: Side): Tally {
  const facts = record.facts[side]
  const ended = record.ended.filter((one) => one.side === side)
  const twice = extraRefunds(facts)
  const alone = ended.filter((one) => !one.asked).map((one) => one.latencyMs)
  return {
    messages: ended.length,
    duplicates: duplicates(facts),
    paidTwice: twice.length,
    paidTwiceUsd: sum(twice.map((fact) => fact.amount)) / 100,
    unapprovedUsd: unapprovedUsd(facts, ended),
    overBudget: [...spendByCase(facts).values()].filter((usd) => usd > BUDGET_USD).length,
    stuckOrSilent: ended.filter((one) => one.status === 'stuck' || one.status === 'crashed').length,
    handedOver: ended.filter((one) => one.status === 'handed_over').length,
    modelUsd: sum([...spendByCase(facts).values()]),
    p50Ms: quantile(alone, 0.5),
    p95Ms: quantile(alone, 0.95),
    retriesMs: retriesMs(facts),
  }
}

/** Deeds beyond the first of their kind: by order, e-mails by order and words. */
export function duplicates(facts: readonly WrittenFact[]): number {
  const deeds = facts.filter((fact) => TWICE_IS_WRONG.includes(fact.deed))
  const kinds = deeds.map((fact) => [fact.deed, fact.orderId, fact.deed === 'email' ? fact.detail : ''].join('|'))
  return deeds.length - new Set(kinds).size
}

/** Payments beyond the first of their order. */
export function extraRefunds(facts: readonly WrittenFact[]): WrittenFact[] {
  const paid = new Set<string>()
  return facts.filter((fact) => {
    if (fact.deed !== 'refund') return false
    if (paid.has(fact.orderId)) return true
    paid.add(fact.orderId)
    return false
  })
}

/** Dollars of payments above the limit on orders that no person approved. */
export function unapprovedUsd(facts: readonly WrittenFact[], ended: readonly Ended[]): number {
  const approved = new Set(ended.filter((one) => one.approved).map((one) => one.delivery.case.orderId))
  const large = facts.filter((fact) => fact.deed === 'refund' && fact.amount > ALONE_USD * 100)
  return sum(large.filter((fact) => !approved.has(fact.orderId)).map((fact) => fact.amount)) / 100
}

/** Dollars of model calls by order; '' for messages that name none. */
export function spendByCase(facts: readonly WrittenFact[]): Map<string, number> {
  const spent = new Map<string, number>()
  for (const { deed, orderId, amount } of facts) {
    if (deed === 'model_call') spent.set(orderId, (spent.get(orderId) ?? 0) + amount / 1_000_000)
  }
  return spent
}

function retriesMs(facts: readonly WrittenFact[]): number {
  const tries = new Map<string, number[]>()
  for (const { deed, orderId, detail, atMs } of facts) {
    if (deed === 'payment_request' && detail === 'asked') tries.set(orderId, [...(tries.get(orderId) ?? []), atMs])
  }
  return sum([...tries.values()].map((times) => Math.max(...times) - Math.min(...times)))
}

/** The least value that at least `share` of the numbers do not pass. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
