import { answer } from './commands/answer.js'
import { approve } from './commands/approve.js'
import { backtest } from './commands/backtest.js'
import { bound } from './commands/bound.js'
import { cancel } from './commands/cancel.js'
import { deny } from './commands/deny.js'
import { dev } from './commands/dev.js'
import { doctor } from './commands/doctor.js'
import { exportRun } from './commands/export.js'
import { fork } from './commands/fork.js'
import { inbox } from './commands/inbox.js'
import { init } from './commands/init.js'
import { interrupt, resume } from './commands/interrupt.js'
import { kill } from './commands/kill.js'
import { mcp } from './commands/mcp.js'
import { meters } from './commands/meters.js'
import { move } from './commands/move.js'
import { prune } from './commands/prune.js'
import { ps } from './commands/ps.js'
import { redrive } from './commands/redrive.js'
import { rehearse } from './commands/rehearse.js'
import { release } from './commands/release.js'
import { resolve } from './commands/resolve.js'
import { run } from './commands/run.js'
import { schedules } from './commands/schedules.js'
import { send } from './commands/send.js'
import { session } from './commands/session.js'
import { show } from './commands/show.js'
import { since } from './commands/since.js'
import { start } from './commands/start.js'
import { token } from './commands/token.js'
import { verify } from './commands/verify.js'
import { why } from './commands/why.js'
import { worker } from './commands/worker.js'
import type { Verb } from './verb.js'

/** Every command, in the order of the help. */
export const VERBS: readonly Verb[] = [
  ...[init, dev],
  ...[start, worker, run, send],
  ...[ps, show, why, since, schedules],
  ...[cancel, interrupt, resume, redrive, move],
  ...[session, exportRun, prune],
  ...[inbox, approve, deny, answer, resolve],
  ...[kill, release, meters],
  ...[token],
  ...[bound, fork, backtest, rehearse],
  ...[mcp],
  ...[verify, doctor],
]
