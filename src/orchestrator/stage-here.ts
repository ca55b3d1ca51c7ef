import { kindOf } from '../govern/ceilings.js'
import { type Stage, stageAt, stageLimit, stageMeter } from '../govern/stages.js'
import type { Definition } from './definition.js'
import type { Journal } from './journal.js'
import type { StepResult } from './result.js'

interface Placed {
  readonly definition: Pick<Definition, 'policy'>
  readonly journal: Journal
}

/** Where a run is now, by its journal. */
export function stageNow({ definition, journal }: Placed): Stage | null {
  const { stages } = definition.policy
  return stages === null ? null : stageAt(stages, journal.stage.name)
}

/** The limit that its stage puts on one of the run's own meters; null where it puts none. */
export function limitHere(run: Placed, meter: string): number | null {
  const stage = stageNow(run)
  return stage === null ? null : stageLimit(stage, meter, run.journal.stage.base(meter))
}

/** The lower of a run's limit and its stage's. */
export function lowerHere(run: Placed, meter: string, limit: number | null): number | null {
  const here = limitHere(run, meter)
  return here === null || limit === null ? (here ?? limit) : Math.min(here, limit)
}

/** What is told of a stage's ceiling without room: the numbers are those of the stage. */
export function exhaustedHere(
  run: Placed,
  meter: string,
  used: number,
  limit: number,
): Extract<StepResult, { status: 'exhausted' }> {
  const base = kindOf(meter) === 'sum' ? run.journal.stage.base(meter) : 0
  const name = stageMeter(stageNow(run)?.name ?? '', meter)
  return { status: 'exhausted', meter: name, used: used - base, limit: limit - base }
}
