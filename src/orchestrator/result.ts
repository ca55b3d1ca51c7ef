import type { Outcome } from '../core/states.js'

/** What became of one step: a value. A refusal and a breach are results, not errors. */
export type StepResult = Exclude<Outcome<unknown>, { status: 'killed' }>

export const completed = (output: unknown): StepResult => ({ status: 'completed', output })
export const failed = (code: string, message?: string): StepResult => ({
  status: 'failed',
  code,
  ...(message === undefined ? {} : { message }),
})
