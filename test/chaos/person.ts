import { setTimeout as sleep } from 'node:timers/promises'
import type { Escalation } from '../../src/core/escalation.js'
import type { Ledger } from '../../src/core/ledger.js'
import { keyOf } from './scene.js'
import type { World } from './world.js'

const LOOK_MS = 300

/** Answers what only a person can: looks at the world, and says whether it happened. */
export class Person {
  #over = false
  #answered = 0
  readonly #work: Promise<void>

  constructor(
    private readonly ledger: Ledger,
    private readonly world: World,
  ) {
    this.#work = this.#watch()
  }

  /** How many were answered. */
  async leave(): Promise<number> {
    this.#over = true
    await this.#work
    return this.#answered
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      // The database may be away: the inbox is looked at again.
      await this.#inbox().catch(() => undefined)
      await sleep(LOOK_MS)
    }
  }

  async #inbox(): Promise<void> {
    for (const asked of await this.ledger.escalations({ state: 'open' })) {
      if (asked.kind !== 'doubt' || asked.tool === null) continue
      const happened = await this.#look(asked)
      const decision = happened ? ('happened' as const) : ('not_happened' as const)
      const result = happened ? { result: JSON.stringify({ did: 'seen' }) } : {}
      const { code } = await this.ledger.answer({ id: asked.id, decision, by: 'person', ...result })
      if (code === 'ok') this.#answered += 1
    }
  }

  /** By the run's newest fence: whoever had the run before acts no more, once somebody has looked. */
  async #look({ runId, tool, show }: Escalation): Promise<boolean> {
    const { input } = JSON.parse(show) as { input: Parameters<typeof keyOf>[0] }
    const fence = (await this.ledger.run({ runId }))?.fence ?? 0
    return this.world.ask({ what: 'look', tool: tool ?? '', key: keyOf(input), fence }).did
  }
}
