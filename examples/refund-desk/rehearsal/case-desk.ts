import type { Act, Stage } from 'midwatch/rehearse'
import type { Desk } from '../acts/desk.js'
import { hostileWorld } from '../night/hostile.js'
import type { Night } from '../night/night.js'
import { nightOf } from '../night/night.js'
import { memoryBooks } from '../payments/books.js'
import { paymentProvider } from '../payments/provider.js'
import { memoryWorld } from '../world/memory.js'
import { type Deed, memoryWitness, type WrittenFact } from '../world/witness.js'

/** Nights to draw from: each has its own storms and delays. */
const NIGHTS = 100_000

/** One case's own desk: the shop and the provider in memory, on a night of its own, and what they wrote down. */
export interface CaseDesk {
  readonly desk: Desk
  readonly night: Night
  readonly facts: readonly WrittenFact[]
}

/** A fresh desk. The shop's and the provider's code is that of `npm start`; only the storage and the time are others. */
export function caseDesk({ chance, now, sleep }: Stage): CaseDesk {
  const facts: WrittenFact[] = []
  const night = nightOf(chance.between(1, NIGHTS, 'night'))
  const witness = memoryWitness('midwatch', facts, now)
  const trouble = (orderId: string, nth: number) => night.provider(orderId, nth)
  const payments = paymentProvider({ books: memoryBooks(witness), witness, trouble, sleep })
  return { desk: { world: hostileWorld(memoryWorld(witness), night), payments, witness }, night, facts }
}

/** Deeds that change something, and the tools that do them. */
const TOOL_OF: Readonly<Partial<Record<Deed, string>>> = {
  refund: 'issue_refund',
  cancel: 'cancel_order',
  email: 'send_email',
  note: 'add_note',
  credit: 'offer_credit',
}

/** The execution journal as a rehearsal reads it. */
export function actsOf({ facts }: CaseDesk): Act[] {
  return facts.flatMap(({ deed, key, orderId, amount, detail }) => {
    const tool = TOOL_OF[deed]
    return tool === undefined ? [] : [{ tool, key, input: { orderId, amount, detail } }]
  })
}
