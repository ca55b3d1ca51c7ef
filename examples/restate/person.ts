import { setTimeout as sleep } from 'node:timers/promises'
import type { Midwatch } from 'midwatch'
import type { Said } from './desk.js'

export interface PersonOptions {
  readonly mw: Midwatch
  /** Orders whose refund they approve; other questions lie until their deadline. */
  readonly approves: readonly string[]
  /** Brings what they say to the object of a session. */
  readonly tell: (session: string, said: Said) => Promise<unknown>
}

const NAME = 'nina'
const LOOKS_EVERY_MS = 200

/** The one person on duty, who reads the ledger's inbox and answers through Restate. */
export class Person {
  readonly #stop = new AbortController()
  #watch: Promise<void> = Promise.resolve()

  constructor(private readonly options: PersonOptions) {}

  start(): void {
    this.#watch = this.#keepLooking()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#watch
  }

  async #keepLooking(): Promise<void> {
    const { mw } = this.options
    const { signal } = this.#stop
    while (!signal.aborted) {
      for (const one of await mw.ledger.escalations({ state: 'open' })) await this.#decide(one)
      await sleep(LOOKS_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #decide({ id, runId, show, kind }: { id: string; runId: string; show: string; kind: string }): Promise<void> {
    const { mw, approves, tell } = this.options
    if (kind !== 'approval' || !approves.some((orderId) => show.includes(`"orderId":"${orderId}"`))) return
    const session = (await mw.ledger.run({ runId }))?.session ?? ''
    await tell(session, { id, runId, decision: 'approve', by: NAME })
  }
}
