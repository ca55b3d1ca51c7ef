import { GovernedEnd } from 'midwatch'

/** What became of many callers of one agent at the same time. */
export interface Told {
  readonly answered: number
  /** Ended by the ceiling, each told so. */
  readonly exhausted: number
  /** Whatever else was thrown. */
  readonly faults: readonly string[]
}

interface Asked {
  generate(call: { prompt: string }): PromiseLike<{ readonly text: string }>
}

/** So many callers ask the agent at once, each for an e-mail of its own. */
export async function callAll(agent: Asked, callers: number, mark: string): Promise<Told> {
  const asked = Array.from({ length: callers }, (_, i) =>
    agent.generate({ prompt: `Order ${mark}-${i}: where is it?` }),
  )
  const told = { answered: 0, exhausted: 0, faults: [] as string[] }
  for (const one of await Promise.allSettled(asked)) {
    if (one.status === 'fulfilled') told.answered += 1
    else if (one.reason instanceof GovernedEnd && one.reason.outcome.status === 'exhausted') told.exhausted += 1
    else told.faults.push(String(one.reason))
  }
  return told
}
