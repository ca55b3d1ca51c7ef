import type { FaultName } from '../fault.js'
import type { Message } from '../scenario.js'
import type { Actor, Surroundings } from '../surroundings.js'
import { Errands } from './errands.js'
import { flood, WAVES_MS } from './flood.js'

const FAULTS: readonly FaultName[] = ['message_duplicate', 'message_late', 'message_flood']
const LATE_MS = { least: 1_000, most: 1_200_000 } as const
/** When a message comes once more: in the same moment, soon, or when its run has long ended. */
const AGAIN_MS = [0, 5, 900, 60_000, 5_400_000] as const

/** Brings the story's messages: each on time, late, more than once, or in the midst of a flood. */
export class Messengers implements Actor {
  readonly #errands: Errands

  constructor(private readonly s: Surroundings) {
    this.#errands = new Errands(s.clock)
  }

  get busy(): boolean {
    return this.#errands.busy
  }

  start(): void {
    for (const [index, message] of this.s.story.messages.entries()) {
      this.#errands.after(message.afterMs ?? 0, async () => this.#arrive(index, message))
    }
  }

  async #arrive(index: number, message: Message): Promise<void> {
    const { s } = this
    const strike = s.fates.at({ kind: 'message', name: String(index) }, FAULTS)
    if (strike === null) return s.admit(message)
    const chance = s.chance.fork(`${strike.place}|${strike.fault}`)
    if (strike.fault === 'message_flood') {
      await flood(s, this.#errands, strike, chance)
      this.#errands.after(chance.pick(WAVES_MS, 'midst'), () => s.admit(message))
      return
    }
    if (strike.fault === 'message_late') {
      this.#errands.after(chance.between(LATE_MS.least, LATE_MS.most, 'late'), async () => {
        await s.admit(message)
        s.fates.bit(strike)
      })
      return
    }
    const twins = chance.between(1, 4, 'twins')
    for (let n = 0; n < twins; n += 1) {
      this.#errands.after(chance.pick(AGAIN_MS, `again|${n}`), async () => {
        await s.admit(message)
        s.fates.bit(strike)
      })
    }
    await s.admit(message)
  }
}
