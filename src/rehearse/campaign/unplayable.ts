import { MidwatchError } from '../../core/errors.js'

/** What is wrong with a scenario itself, whichever case of it is played: a campaign ends with it, at the first one. */
export function isUnplayable(error: unknown): error is MidwatchError {
  return error instanceof MidwatchError && error.code === 'invalid_definition'
}
