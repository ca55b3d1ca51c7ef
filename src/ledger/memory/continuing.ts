import type { Admission } from '../../core/admission.js'
import type { Successor } from '../../core/ops.js'
import { scopeOf } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import { newRun, openJournal } from './admit.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** Whether the successor's id or key is another run's. */
export function isTaken({ runs }: Store, { admission }: Run, { runId, agent, key }: Successor): boolean {
  return runs.byId.has(runId) || (key !== null && runs.withKey(admission.tenant, agent, key) !== undefined)
}

/** Admits the run that goes on from one that has just ended: in its place in its session, its group and its family. */
export function goOn(store: Store, run: Run, next: Successor, at: EpochMs): void {
  const { tenant, session, principal, priority = 'normal' } = run.admission
  const { parent, ancestors, above, groupNo, behind, first } = run.kin
  const { runId } = run.admission
  const admission: Admission = { ...next, tenant, session, principal, priority, origin: run.origin }
  const kin = {
    parent,
    ancestors,
    above: [...above, ...stoppedBy(store, runId)],
    groupNo,
    behind,
    continues: runId,
    continuedAs: null,
    first,
    children: [],
  }
  const heir = newRun(admission, kin, at, run.sessionNo)
  openJournal(store, heir, at)
  run.kin.continuedAs = next.runId
  const group = behind && parent ? store.groups.find(parent.run.admission.runId, parent.step) : null
  if (group) store.groups.wait(group, heir)
  if (!store.sessions.handOn(run, heir)) heir.dueAt = heir.deadlineAt
  store.runs.add(heir)
  if (heir.dueAt === at) store.tellDue(heir)
}

/** A switch on the run's own scope covers whoever goes on from it, unless the run engaged it itself, to end what is below it. */
function stoppedBy({ switches }: Store, runId: string): string[] {
  const scope = scopeOf.run(runId)
  const found = switches.covering([scope])
  return found && found.by !== scope ? [scope] : []
}
