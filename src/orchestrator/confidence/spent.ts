import type { Outcome } from '../../core/states.js'
import type { Activation } from '../activation.js'
import type { ModelSaid } from '../model-step.js'
import type { StepResult } from '../result.js'

/** What those steps cost the run, attempts that failed included, in micro-dollars. */
export function spentIn(run: Pick<Activation, 'journal'>, steps: readonly string[]): number {
  const intents = steps.flatMap((step) => run.journal.steps.get(step)?.intents ?? [])
  return intents.reduce((sum, { charges, settled }) => {
    const place = charges.findIndex(({ at, meter }) => at === 'run' && meter === 'usd')
    return sum + (settled?.used[place] ?? 0)
  }, 0)
}

/** What a model said; null where there was no answer. Whatever else came of it ends the run. */
export async function heard(run: Activation, result: StepResult): Promise<ModelSaid | null> {
  if (result.status === 'completed') return result.output as ModelSaid
  return result.status === 'failed' ? null : run.finish(result as Outcome<never>)
}
