import { ps } from './commands/ps.js'
import type { Verb } from './verb.js'

/** Every command, in the order of the help. */
export const VERBS: readonly Verb[] = [ps]
