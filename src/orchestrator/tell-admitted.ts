import type { Admission, Admitted } from '../core/admission.js'
import type { Observed } from '../core/observed.js'
import type { Observers } from '../core/observers.js'

type How = Extract<Observed, { kind: 'run.admitted' }>['how']

export function tellAdmitted(observers: Observers, admission: Admission, how: How, isNew = true): void {
  if (!observers.on) return
  const { runId, agent, version, tenant, session } = admission
  observers.tell({ kind: 'run.admitted', run: { runId, agent, version, tenant, session }, how, isNew })
}

/** What became of the queue by it: it found no room, or others had to go for it. */
export function tellQueue(observers: Observers, admission: Admission, { overload, shed = [] }: Admitted): void {
  if (!observers.on) return
  const { runId, agent, version, tenant, queue, priority = 'normal' } = admission
  if (overload) observers.tell({ kind: 'queue.refused', asked: { agent, version, tenant, queue, priority }, overload })
  for (const one of shed)
    observers.tell({ kind: 'queue.shed', runId: one, by: { runId, agent, tenant, queue, priority } })
}
