import type { Surroundings, Witness } from '../surroundings.js'
import type { Act } from '../verdict.js'

/** A journal of what was done outside. It only grows, and no worker holds it. */
export function newWitness(): Witness {
  const acts: Act[] = []
  return { record: (act) => void acts.push(act), acts }
}

/** All that was done: what the scenario's world tells of itself, and what the rehearsal saw beside it. */
export function actsDone(s: Pick<Surroundings, 'scenario' | 'world' | 'witness'>): readonly Act[] {
  const told = s.scenario.acts?.(s.world)
  return told === undefined ? s.witness.acts : [...told, ...s.witness.acts]
}
