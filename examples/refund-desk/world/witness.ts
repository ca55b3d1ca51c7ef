/**
 * The execution journal: what really happened, written by whoever did it (the shop, the provider, the model), outside both
 * Midwatch and the naive loop. Append-only. Duplicates, amounts, e-mails and spend are counted from it and from nothing else.
 */
export const DEEDS = ['refund', 'cancel', 'email', 'note', 'credit', 'payment_request', 'model_call'] as const
export type Deed = (typeof DEEDS)[number]

/** midwatch · naive: which of the two desks the deed was done for. */
export const SIDES = ['midwatch', 'naive'] as const
export type Side = (typeof SIDES)[number]

/** One deed, as whoever did it saw it. */
export interface Fact {
  readonly deed: Deed
  /** Order that it was about; '' where there is none. */
  readonly orderId: string
  /** Idempotency key that came with it, if one did. */
  readonly key: string | null
  /** Cents for refunds and credits, micro-dollars for model calls, HTTP status for payment requests, else 0. */
  readonly amount: number
  /** What tells two deeds of one kind apart: an e-mail's text, a model call's tokens. */
  readonly detail: string
}

/** A fact with its place in the journal. `atMs`: wall time of the journal. */
export type WrittenFact = Fact & { readonly side: Side; readonly atMs: number }

/** Writes one side's facts, and gives them back in the order in which they were written. */
export interface Witness {
  record(fact: Fact): Promise<void>
  facts(): Promise<WrittenFact[]>
}

/** A journal in memory. `facts` are its lines, for whoever shares the array. */
export function memoryWitness(side: Side, lines: WrittenFact[] = [], now: () => number = Date.now): Witness {
  return {
    record: async (fact) => {
      lines.push({ ...fact, side, atMs: now() })
    },
    facts: async () => lines.filter((line) => line.side === side),
  }
}
