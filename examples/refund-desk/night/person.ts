import type { Midwatch } from 'midwatch'
import type { Witness } from '../world/witness.js'
import type { Case } from './cases.js'
import { type Escalation, InboxWatch } from './inbox-watch.js'

/** What the person on duty can see. */
export interface PersonOptions {
  readonly mw: Midwatch
  readonly witness: Witness
  /** The case that a run works on; undefined for runs of other nights. */
  readonly caseOf: (runId: string) => Case | undefined
  readonly said: (line: string) => void
}

const NAME = 'nina'
const LOOKS_EVERY_MS = 400

/** The one person on duty: looks into the inbox, approves some refunds, looks up what nobody else can know, and sleeps on. */
export class Person {
  readonly #approved = new Set<string>()
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

  /** Whether this run's refund was approved by a person. */
  approved(runId: string): boolean {
    return this.#approved.has(runId)
  }

  async #decide(one: Escalation): Promise<void> {
    const { mw, caseOf, said } = this.options
    const of = caseOf(one.runId)
    if (one.kind === 'approval' && of?.person === 'approves') {
      const { code } = await mw.ledger.answer({ id: one.id, decision: 'approve', by: NAME, args: one.args })
      if (code !== 'ok') return
      this.#approved.add(one.runId)
      said(`${NAME} approves: ${of.name}`)
    }
    if (one.kind === 'doubt' && of?.person === 'happened') await this.#lookUp(one, of)
  }

  /** Looks into the credit system's books, as only a person can, and says what is there. */
  async #lookUp(one: Escalation, of: Case): Promise<void> {
    const { mw, witness, said } = this.options
    const given = (await witness.facts()).some((fact) => fact.deed === 'credit' && fact.orderId === of.orderId)
    const answer = given
      ? ({ decision: 'happened', result: JSON.stringify({ creditId: 'as seen in the books' }) } as const)
      : ({ decision: 'not_happened' } as const)
    const { code } = await mw.ledger.answer({ id: one.id, by: NAME, args: one.args, ...answer })
    if (code === 'ok') said(`${NAME} looked it up: ${of.name}, it ${given ? 'happened' : 'did not happen'}`)
  }
}
