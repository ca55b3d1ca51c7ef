import type { Admission, Admitted } from '../../core/admission.js'
import { LIMITS } from '../../core/limits.js'
import { type Overload, PRIORITIES } from '../../core/queues.js'
import type { Row } from './pool.js'

/** An admission without its body; priorities are numbers. */
export function headOf({ body: _, priority, ...head }: Admission) {
  const level = priority === undefined ? {} : { priority: PRIORITIES.indexOf(priority) }
  return { ...head, ...level, ...(head.sequence === undefined ? {} : { gapMs: head.gapMs ?? LIMITS.gap_ms }) }
}

export function admittedOf({ code, run_id: runId, overload, shed }: Row): Admitted {
  return {
    ...{ code: code as Admitted['code'], runId: String(runId) },
    ...(overload !== null && { overload: JSON.parse(String(overload)) as Overload }),
    ...(Array.isArray(shed) && shed.length > 0 && { shed: shed as string[] }),
  }
}
