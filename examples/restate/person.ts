import type { Midwatch } from 'midwatch'
import type { Case } from '../refund-desk/night/cases.js'
import { type Escalation, InboxWatch } from '../refund-desk/night/inbox-watch.js'
import type { Witness } from '../refund-desk/world/witness.js'
import type { Said } from './desk.js'

export interface PersonOptions {
  readonly mw: Midwatch
  /** Of these they approve what the case says; other questions lie until their deadline. */
  readonly cases: readonly Case[]
  /** The books of the credit system, which nobody else can look into. */
  readonly witness: Witness
  /** Brings what they say to the object of a session. */
  readonly tell: (session: string, said: Said) => Promise<unknown>
}

const NAME = 'nina'
const LOOKS_EVERY_MS = 200

/** The one person on duty, who reads the ledger's inbox and answers through Restate. */
export class Person {
  readonly #watch: InboxWatch

  constructor(private readonly options: PersonOptions) {
    this.#watch = new InboxWatch(options.mw, LOOKS_EVERY_MS, (one) => this.#decide(one))
  }

  start(): void {
    this.#watch.start()
  }

  stop(): Promise<void> {
    return this.#watch.stop()
  }

  async #decide(asked: Escalation): Promise<void> {
    const { mw, cases, tell } = this.options
    const of = cases.find(({ orderId }) => orderId !== '' && asked.show.includes(`"orderId":"${orderId}"`))
    const said = of && (await this.#says(asked, of))
    if (!said) return
    const session = (await mw.ledger.run({ runId: asked.runId }))?.session ?? ''
    await tell(session, { id: asked.id, runId: asked.runId, by: NAME, ...said })
  }

  async #says({ kind }: Escalation, { person, orderId }: Case): Promise<Pick<Said, 'decision' | 'result'> | null> {
    if (kind === 'approval') return person === 'approves' ? { decision: 'approve' } : null
    if (kind !== 'doubt' || person !== 'happened') return null
    const facts = await this.options.witness.facts()
    const isGiven = facts.some((fact) => fact.deed === 'credit' && fact.orderId === orderId)
    if (!isGiven) return { decision: 'not_happened' }
    return { decision: 'happened', result: JSON.stringify({ creditId: 'as seen in the books' }) }
  }
}
