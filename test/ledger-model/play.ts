import fc from 'fast-check'
import { commands } from './commands.js'
import { compareAll } from './morning.js'
import { Night } from './night.js'
import type { Side } from './pair.js'
import { Pair } from './pair.js'

/** Two ledgers to compare, and a mark that no other night had; made anew for each night, shrinking included. */
export interface Stage {
  readonly one: Side
  readonly other: Side
  readonly mark: string
}

/** Every sequence of commands is answered alike by both ledgers and leaves the same behind. */
export function answeredAlike(
  stage: () => Promise<Stage>,
  then: (night: Night) => Promise<void> = compareAll,
  nights: typeof commands = commands,
) {
  return fc.asyncProperty(nights, async (sequence) => {
    const { one, other, mark } = await stage()
    const night = new Night(new Pair(one, other), mark)
    try {
      await night.dusk()
      for (const command of sequence) await night.play(command)
      await then(night)
    } finally {
      await tidy(other)
    }
  })
}

/** Switches are the only thing that nights of one database share. */
async function tidy({ ledger }: Side): Promise<void> {
  for (const { scope, engaged } of await ledger.switches()) {
    if (engaged) await ledger.release({ scope, by: 'morning', jitterMs: 0 })
  }
  for (const { id } of await ledger.notices({ limit: 10_000, retryAfterMs: 0 })) await ledger.noticeSent({ id })
}
