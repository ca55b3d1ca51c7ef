import { type Owner, ownerOf } from '../core/owner.js'
import type { Outcome } from '../core/states.js'

/** What became of one step: a value. A refusal and a breach are results, not errors. */
export type StepResult = Exclude<Outcome<unknown>, { status: 'killed' }>

/** Fields stand in the order in which they are written down. */
export const completed = (output: unknown): StepResult => ({ output, status: 'completed' })
export const failed = (code: string, message?: string, owner: Owner = ownerOf(code)): StepResult => ({
  status: 'failed',
  code,
  owner,
  ...(message === undefined ? {} : { message }),
})
