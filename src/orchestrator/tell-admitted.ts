import type { Admission } from '../core/admission.js'
import type { Observed } from '../core/observed.js'
import type { Observers } from '../core/observers.js'

type How = Extract<Observed, { kind: 'run.admitted' }>['how']

export function tellAdmitted(observers: Observers, admission: Admission, how: How, isNew = true): void {
  if (!observers.on) return
  const { runId, agent, version, tenant, session } = admission
  observers.tell({ kind: 'run.admitted', run: { runId, agent, version, tenant, session }, how, isNew })
}
