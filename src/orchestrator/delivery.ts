import type { Clock } from '../core/time.js'
import type { Final } from './journal.js'
import type { StepResult } from './result.js'

interface Offer {
  readonly step: string
  /** null while its verdict is on the way: what comes after it waits. */
  given: { readonly result: StepResult; readonly at: number } | null
}

const AT_ONCE = Promise.resolve()

/** Fills a place in the order of results; null: there was no result after all. */
export type Fill = (result: StepResult | null, at: number) => void

/**
 * Hands results to the flow one at a time, in journal order, live as in replay: so that branches meet the same order
 * again. Steps that the journal does not hold start only when all it holds has been handed over.
 */
export class Delivery {
  #offers: Offer[]
  #left: number
  readonly #asked = new Map<string, (result: StepResult) => void>()
  #pumping = false
  #caughtUp: (() => void)[] = []
  /** Time of the last delivered step, by the ledger's clock. */
  lastAt: number

  constructor(
    finals: readonly Final[],
    startedAt: number,
    private readonly clock: Pick<Clock, 'soon'>,
    private readonly quiet: () => void,
    /** What is handed over for what the journal holds: a stored value is fetched first. */
    private readonly whole: (result: StepResult) => StepResult | Promise<StepResult> = (result) => result,
    private readonly failed: (error: unknown) => void = () => undefined,
  ) {
    this.#offers = finals.map(({ step, result, at }) => ({ step, given: { result, at } }))
    this.#left = finals.length
    this.lastAt = startedAt
  }

  /** True while results that the journal holds are still to be handed over. */
  get replaying(): boolean {
    return this.#left > 0
  }

  get busy(): boolean {
    return this.#pumping
  }

  /** The step that the journal says comes next, while it waits to be asked for. */
  get expected(): string | null {
    return this.#offers[0]?.step ?? null
  }

  ask(step: string): Promise<StepResult> {
    return new Promise((give) => {
      this.#asked.set(step, give)
      this.#pump()
    })
  }

  offer(step: string, result: StepResult, at: number): void {
    this.place(step)(result, at)
  }

  /** Keeps the place that a result has in the journal, until it is known whether it is written there. */
  place(step: string): Fill {
    const offer: Offer = { step, given: null }
    this.#offers.push(offer)
    return (result, at) => {
      if (result === null) this.#offers.splice(this.#offers.indexOf(offer), 1)
      else offer.given = { result, at }
      this.#pump()
    }
  }

  caughtUp(): Promise<void> {
    return this.replaying ? new Promise((go) => this.#caughtUp.push(go)) : AT_ONCE
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    this.#next()
  }

  /** Hands over the next result, if there is one to hand over, and goes on when everything it set going has run. */
  #next(): void {
    const [next] = this.#offers
    const give = next && this.#asked.get(next.step)
    if (!give || next.given === null) {
      this.#pumping = false
      this.quiet()
      return
    }
    this.#offers.shift()
    this.#asked.delete(next.step)
    this.lastAt = Math.max(this.lastAt, next.given.at)
    const result = this.whole(next.given.result)
    if (result instanceof Promise) result.then((fetched) => this.#hand(give, fetched), this.failed)
    else this.#hand(give, result)
  }

  #hand(give: (result: StepResult) => void, result: StepResult): void {
    give(result)
    if (this.#left > 0) this.#left -= 1
    this.clock.soon(this.#turned)
  }

  readonly #turned = (): void => {
    if (!this.replaying && this.#caughtUp.length > 0) for (const go of this.#caughtUp.splice(0)) go()
    this.#next()
  }
}
