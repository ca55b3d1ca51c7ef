import type { Case } from './case.js'
import { type Crew, Stopped } from './crew.js'
import type { Ground } from './ground.js'
import type { How, Played } from './played.js'

export interface Batch {
  readonly cases: readonly Case[]
  readonly how?: How
  /** Told once what it came to is taken in. */
  readonly learned?: (played: Played) => void
}

/**
 * Plays batches, some of them under way at a time, and takes them in one after the other. `next` gives the next one, null
 * where there is none, and knows by then what all but those under way have found: that does not depend on who is quicker.
 * Ends early where the crew is stopped.
 */
export async function playInTurn(
  ground: Ground,
  crew: Crew,
  next: () => Batch | null,
  underWay: number,
): Promise<void> {
  const batches: { readonly batch: Batch; readonly played: Promise<Played> }[] = []
  const begin = (): void => {
    const batch = next()
    if (!batch) return
    const played = crew.play(batch.cases, batch.how)
    // It is looked at when its turn comes.
    played.catch(() => undefined)
    batches.push({ batch, played })
  }
  for (let at = 0; at < underWay; at += 1) begin()
  for (let one = batches.shift(); one; one = batches.shift()) {
    const played = await one.played.catch(nullWhereStopped)
    if (played === null) return
    ground.learn(one.batch.cases, played)
    one.batch.learned?.(played)
    begin()
  }
}

function nullWhereStopped(error: unknown): null {
  if (error instanceof Stopped) return null
  throw error
}
