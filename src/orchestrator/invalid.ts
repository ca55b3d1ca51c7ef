import { MidwatchError } from '../core/errors.js'

/** A definition that says something impossible. */
export function invalid(name: string, what: string): MidwatchError {
  return new MidwatchError('invalid_definition', `'${name}': ${what}`)
}
