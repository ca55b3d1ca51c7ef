import { ps } from './commands/ps.js'
import { run } from './commands/run.js'
import { show } from './commands/show.js'
import { start } from './commands/start.js'
import { why } from './commands/why.js'
import { worker } from './commands/worker.js'
import type { Verb } from './verb.js'

/** Every command, in the order of the help. */
export const VERBS: readonly Verb[] = [start, worker, run, ps, show, why]
