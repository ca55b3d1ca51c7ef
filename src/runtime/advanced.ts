import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { RunRow } from '../core/run-row.js'
import type { EpochMs } from '../core/time.js'
import type { Definition } from '../orchestrator/definition.js'
import { definitionFor } from '../orchestrator/serving.js'
import type { Stretch } from '../orchestrator/stretch-end.js'

/**
 * When a host calls again. A time: then at the latest, and sooner when it is told of something (a message, an answer, a
 * release); `at` in epoch ms by the ledger's clock, `inMs` from now, for hosts with a clock of their own. `when_told`: what
 * makes it due is somebody else's to do. `never`: nothing is left to do.
 */
export type Again = { readonly at: EpochMs; readonly inMs: number } | 'when_told' | 'never'

/** How a run stands after a call of `advance`. */
export interface Advanced {
  /**
   * `parked`: this call worked it, and it waits · `ended`: it has ended, now or long ago · `not_due`: it waits, and there was
   * nothing to do · `held`: another call or another worker has it · `not_served`: it is due, and the code that it needs is
   * not in this process · `not_ready`: it is due, and this process begins nothing now, as `readiness` says · `lost`: this call
   * worked it and lost it: to another worker, to `stop`, or the ledger is away.
   */
  readonly status: 'parked' | 'ended' | 'not_due' | 'held' | 'not_served' | 'not_ready' | 'lost'
  /** What it waits for: a few words, as `midwatch ps` shows them; null where it does not wait. */
  readonly waits: string | null
  readonly again: Again
  /** The run that went on from it (`ctx.continue`): advance that one next. */
  readonly continuedAs: string | null
}

export interface AdvancedPorts {
  readonly ledger: Pick<Ledger, 'run' | 'now'>
  readonly serves: ReadonlyMap<string, Definition>
  /** Whether this process's worker may begin steps. */
  readonly mayBegin: boolean
}

/** Reads how a run stands, after a stretch of this process or without one. Throws `unknown_run`. */
export async function advancedOf(ports: AdvancedPorts, runId: string, stretch: Stretch | null): Promise<Advanced> {
  const run = await ports.ledger.run({ runId })
  if (run === null) throw new MidwatchError('unknown_run', `There is no run ${runId}; 'midwatch ps' lists them.`)
  const rests = { waits: run.waits, continuedAs: run.continuedAs }
  if (run.state === 'ended' && run.open.length === 0) return { ...rests, status: 'ended', again: 'never' }
  // Not as a worker reads it: what is due would seem to come in a moment.
  const now = await ports.ledger.now()
  const after = (ms: number): Again => ({ at: now + ms, inMs: ms })
  // An ended run is advanced for its open doubts alone.
  const isCleared = run.workerId !== null
  if (run.state === 'ended') {
    return { ...rests, status: 'ended', again: isCleared ? after(LIMITS.poll_ms) : whenDue(run, now) }
  }
  if (stretch?.status === 'lost') return { ...rests, status: 'lost', again: after(LIMITS.poll_ms) }
  // A lease that ran out shows when somebody asks for the run again.
  if (run.state === 'running') return { ...rests, status: 'held', again: after(LIMITS.poll_ms) }
  const again = whenDue(run, now)
  if (stretch) return { ...rests, status: 'parked', again }
  if (run.dueAt === null || run.dueAt > now) return { ...rests, status: 'not_due', again }
  if (!definitionFor(ports.serves, run)) return { ...rests, status: 'not_served', again: after(LIMITS.hold_look_ms) }
  // It fell due meanwhile, or somebody had it a moment ago.
  return { ...rests, status: ports.mayBegin ? 'held' : 'not_ready', again: after(LIMITS.poll_ms) }
}

const whenDue = ({ dueAt }: RunRow, now: EpochMs): Again =>
  dueAt === null ? 'when_told' : { at: dueAt, inMs: Math.max(0, dueAt - now) }
