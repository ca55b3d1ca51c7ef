import type { RunRow } from '../run-row.js'
import type { EpochMs } from '../time.js'
import type { RunFacts, WorldFacts } from './facts.js'
import type { Invariant } from './invariant.js'
import { KinWaits } from './kin-waits.js'

/** Unseen mail makes a waiting run due at once; this is how much later "at once" may be written. */
const AT_ONCE_MS = 1_000

/** Stuck and silent is the failure that nobody notices: for each state, what will move the run must be there. */
export const noWedge: Invariant = {
  id: 'I6',
  name: 'no wedge',
  promise: 'Every run is ended, held by a worker, or waits with a due time, and mail makes it due.',
  inspect: (tell) => {
    const waits = new KinWaits()
    return {
      run: (facts, world) => {
        const { run } = facts
        waits.keep(facts, world.now)
        const fault = wedged(facts, world)
        const numbers = { dueAt: run.dueAt ?? -1, mailHead: run.mailHead, mailSeen: run.mailSeen, now: world.now }
        if (fault !== null) tell(`The run ${fault}.`, { runId: run.runId, seq: run.headSeq, numbers })
      },
      totals: ({ families }) => waits.check(families, tell),
    }
  },
}

/** What nothing will ever move, as the end of a sentence; null when all is well. */
function wedged(facts: RunFacts, world: WorldFacts): string | null {
  const { run } = facts
  if (run.state === 'running') return wedgedRunning(run, world)
  if (run.state === 'ended') return wedgedEnded(facts, world)
  // Taken in by another run: inbox looks whether that one lives.
  if (run.state === 'waiting' && run.workedBy !== null) return null
  if (run.dueAt === null) return `is ${run.state} without a due time`
  if (run.state === 'waiting' && missesMail(facts, world.now)) return 'waits although it has unseen mail'
  return null
}

/** A worker whose lease ran out counts: by that alone its runs can be claimed. */
function wedgedRunning(run: RunRow, { workers }: WorldFacts): string | null {
  if (run.dueAt !== null) return null
  if (run.workerId === null) return 'is running, and no worker holds it'
  return workers.some(({ workerId }) => workerId === run.workerId) ? null : 'is held by a worker that nobody knows'
}

/** A run that ended with doubts open is looked at again. A question alone would move nothing once its time is over. */
function wedgedEnded({ run }: RunFacts, world: WorldFacts): string | null {
  if (run.workerId !== null) return wedgedRunning(run, world)
  return run.open.length === 0 || run.dueAt !== null ? null : 'ended with a doubt that nobody will look at'
}

/** A park that names the mail it saw is due at once when more had come: else a wake-up is lost. */
function missesMail({ run, entries, mail }: RunFacts, now: EpochMs): boolean {
  if (run.mailHead <= run.mailSeen) return false
  const latest = Math.max(now, mail.at(-1)?.at ?? 0, entries.at(-1)?.at ?? 0)
  return (run.dueAt ?? 0) > latest + AT_ONCE_MS
}
