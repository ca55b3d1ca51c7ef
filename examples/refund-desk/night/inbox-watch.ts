import { setTimeout as sleep } from 'node:timers/promises'
import type { Midwatch } from 'midwatch'

/** A question to a person, as the ledger has it. */
export type Escalation = Awaited<ReturnType<Midwatch['ledger']['escalations']>>[number]

/** Looks into the inbox again and again, and gives what is open to whoever decides. */
export class InboxWatch {
  readonly #stop = new AbortController()
  #watch: Promise<void> = Promise.resolve()

  constructor(
    private readonly mw: Midwatch,
    private readonly everyMs: number,
    private readonly decide: (one: Escalation) => Promise<void>,
  ) {}

  start(): void {
    this.#watch = this.#keepLooking()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#watch
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      for (const one of await this.mw.ledger.escalations({ state: 'open' })) await this.decide(one)
      await sleep(this.everyMs, undefined, { signal }).catch(() => undefined)
    }
  }
}
