import { canonical } from '../../core/json.js'
import type { FaultName } from '../fault.js'
import type { Surroundings, Witness } from '../surroundings.js'
import type { Act } from '../verdict.js'

type Called = Pick<Act, 'tool' | 'input' | 'runId'>

/** A journal of what was done outside. It only grows, and no worker holds it. */
export function newWitness(): Witness {
  const acts: Act[] = []
  const slips = new Set<string>()
  const suspects = new Map<string, FaultName>()
  const blameFor = (act: Called) => (suspects.size === 0 ? undefined : suspects.get(nameOf(act)))
  return {
    acts,
    slips,
    blameFor,
    slip: (what) => void slips.add(what),
    record: (act) => void acts.push(blamed(act, blameFor)),
    suspect: (act, fault) => {
      suspects.set(nameOf(act), fault)
      // A world that tells of its own acts may not know of runs.
      suspects.set(nameOf({ ...act, runId: '' }), fault)
    },
  }
}

/** All that was done: what the scenario's world tells of itself, and what the rehearsal saw beside it. */
export function actsDone({
  scenario,
  world,
  witness,
}: Pick<Surroundings, 'scenario' | 'world' | 'witness'>): readonly Act[] {
  const told = scenario.acts?.(world)
  if (told === undefined) return witness.acts
  return [...told.map((act) => blamed(act, witness.blameFor)), ...witness.acts]
}

function blamed(act: Act, blameFor: Witness['blameFor']): Act {
  const blame = act.blame ?? blameFor(act)
  return blame === undefined ? act : { ...act, blame }
}

const nameOf = ({ tool, input, runId = '' }: Called) => `${runId}\n${tool}\n${canonical(input)}`
