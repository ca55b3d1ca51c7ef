import type { Activation } from './activation.js'
import { endBelow } from './end-below.js'
import { withdrawAll } from './escalated.js'
import type { StepRecord } from './journal.js'
import { completed, type StepResult } from './result.js'
import type { Strand } from './strand.js'

/** How a branch ended, and which it was, from 0. */
export type Finished =
  | { readonly no: number; readonly value: unknown }
  | { readonly no: number; readonly error: unknown }

/** Resolves with the branch that finished first. Results reach branches in journal order, so a replay finds the same one. */
export function firstOf(branches: readonly Promise<unknown>[]): Promise<Finished> {
  return Promise.race(
    branches.map((branch, no) =>
      branch.then(
        (value): Finished => ({ no, value }),
        (error): Finished => ({ no, error }),
      ),
    ),
  )
}

/** Drops all but the first: what is under way is aborted, and settled or in doubt once this resolves. */
export async function dropOthers(run: Activation, strands: readonly Strand[], first: number): Promise<string[]> {
  const others = strands.filter((_, no) => no !== first)
  for (const strand of others) strand.drop()
  const steps = others.flatMap((strand) => [...strand.steps])
  await run.leave(new Set(steps))
  return steps
}

/** Writes down which branch won, once nobody is asked any more on behalf of the others, and nothing runs for them. */
export async function wonStep(
  run: Activation,
  record: StepRecord,
  first: number,
  dropped: readonly string[],
): Promise<StepResult> {
  for (const step of dropped) await withdrawAll(run, run.journal.step(step))
  await endBelow(run, record, dropped)
  const result = completed({ first })
  await run.book.note({ about: 'won', step: record.id, args: String(first), final: result })
  return result
}
