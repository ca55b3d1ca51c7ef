import type { Admission } from '../core/admission.js'
import { argsDigest, sha256 } from '../core/digest.js'
import { canonical, type JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import { type Above, aboveOf } from '../govern/above.js'
import type { Activation } from './activation.js'
import type { AdmitBody } from './bodies.js'
import type { Definition } from './definition.js'

/** A child as its parent wants it. */
export interface Child {
  readonly runId: string
  readonly definition: Definition
  readonly input: JsonValue
  /** The step that calls it. */
  readonly step: string
  readonly share?: AdmitBody['share']
  /** One of the items of a map, with its place from 1. */
  readonly item?: { readonly key: string; readonly no: number; readonly atOnce: number }
}

/** What the children of a run have above them. */
export function aboveChildren(run: Activation): readonly Above[] {
  return [...run.kin.above, aboveOf(run.run, run.kin.ceilings)]
}

/**
 * What admits a child: in its parent's tenant, for its parent's principal, within its parent's time. Its key and its origin
 * are made of the parent and the step: admitting it twice is admitting it once, and what a child did is not done again when
 * the whole is redriven.
 */
export function childAdmission(run: Activation, child: Child, above = aboveChildren(run)): Admission {
  const { run: parent, engine } = run
  const { definition, input, step, item, share } = child
  const place = item === undefined ? step : `${step}[${item.key}]`
  const body: AdmitBody = {
    input,
    above,
    messageKey: item === undefined ? run.messageKey : `${run.messageKey}:${item.key}`,
    ...(share === undefined ? {} : { share }),
    ...(item === undefined ? {} : { map: { step, key: item.key } }),
    ...(run.kin.trace && { trace: run.kin.trace }),
  }
  return {
    runId: child.runId,
    tenant: parent.tenant,
    agent: definition.name,
    version: definition.version,
    fingerprint: definition.fingerprint,
    queue: parent.queue,
    key: `child:${sha256(`${parent.runId}|${place}`)}`,
    session: null,
    principal: parent.principal,
    origin: `${parent.origin}/${place}`,
    parent: { runId: parent.runId, fence: parent.fence, step },
    group: item === undefined ? null : { atOnce: item.atOnce, no: item.no },
    deadlineMs: Math.max(1, Math.min(definition.deadlineMs + definition.windDownMs, timeForChild(run))),
    meters: definition.meters,
    body: canonical(body),
    salt: engine.entropy.salt(),
    inputDigest: argsDigest(input),
  }
}

/** A child is over a little before its parent's deadline: then the parent still hears how it ended. */
function timeForChild(run: Activation): number {
  const leftMs = run.remainingMs()
  return Math.floor(leftMs - Math.min(LIMITS.child_margin_ms, leftMs / 10))
}
