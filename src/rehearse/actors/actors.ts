import type { Actor, Surroundings } from '../surroundings.js'
import { Messengers } from './messengers.js'
import { Operators } from './operators.js'
import { People } from './people.js'

/** Everybody who is around while a case is played. */
export function actorsOf(s: Surroundings): Actor[] {
  return [new Messengers(s), new People(s), new Operators(s)]
}
