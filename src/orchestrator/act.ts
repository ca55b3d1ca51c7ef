import { MidwatchError } from '../core/errors.js'
import { bytesBeyond, type JsonValue, toJson } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import { toolVerdict } from '../govern/call-verdict.js'
import { fault, ToolFault } from '../tools/fault.js'
import { check } from '../tools/schema.js'
import type { Call } from '../tools/tool.js'
import type { Activation } from './activation.js'
import { counted, isOurs } from './backoff.js'
import type { FaultBody } from './bodies.js'
import { callOf } from './call.js'
import { breakerOf } from './containment.js'
import { type Intent, READ_BACK, type StepRecord } from './journal.js'
import type { Grant, Next } from './next.js'
import type { Proposal } from './proposal.js'
import { completed, failed } from './result.js'
import type { Stop } from './stop.js'
import { keepShort } from './stored.js'
import { isTimeout, tooSlow } from './too-slow.js'
import { inSpan } from './traced.js'

/** Most that is kept of what was thrown, and of what a tool says of a call that did not act. */
const THROWN_CHARS = 500
const SAID_CHARS = 2_000

/** What is known after an attempt. */
type Act =
  | { readonly did: 'performed'; readonly output: JsonValue }
  | { readonly did: 'not_performed'; readonly fault: FaultBody; readonly permanent: boolean }
  | { readonly did: 'unknown'; readonly fault: FaultBody }

/** Performs one granted attempt and writes down what became of it. */
export async function performTool(run: Activation, record: StepRecord, p: Proposal, grant: Grant): Promise<Next> {
  const { intent, watch } = grant
  await run.engine.failpoint('before_effect')
  const act = await actOut(run, p, grant)
  tellCall(run, p, act, grant.probe)
  await run.engine.failpoint('after_effect')
  const output = act.did === 'performed' ? await keepShort(run, act.output) : null
  const used = usedBy(p, act, watch.tookMs())
  await run.engine.failpoint('before_settle')
  const last = counted(record) >= p.spec.attempts && !(act.did !== 'performed' && isOurs(act.fault.code))
  if (act.did === 'performed') {
    const result = completed(output)
    run.settle(intent, 'performed', { final: result }, used)
    return { result }
  }
  const isRead = p.spec.effect === 'read'
  if ((act.did === 'unknown' && !isRead) || (act.did === 'not_performed' && saysNothing(grant))) {
    const { message } = act.fault
    run.doubt(intent, act.fault.code, message === undefined ? {} : { message })
    return null
  }
  const over = last || (act.did === 'not_performed' && act.permanent)
  const result = failed(act.fault.code, act.fault.message, 'tool')
  run.settle(intent, isRead ? 'failed' : 'not_performed', over ? { final: result } : { fault: act.fault }, used)
  return over ? { result } : null
}

/** What the call says of the tool, for all who call it. */
function tellCall(
  { engine: { containment } }: Activation,
  { spec }: Proposal,
  act: Act,
  probe: number | undefined,
): void {
  const key = breakerOf.tool(spec.name)
  const code = act.did === 'performed' ? null : act.fault.code
  const isPermanent = act.did === 'not_performed' && act.permanent
  containment.over(key, toolVerdict({ did: act.did, code, isPermanent }, containment.countsRateLimits(key)), probe)
}

/** That this call did not act says nothing of the one in whose place it stands, unless a check has told: it may never have come to that. */
function saysNothing({ resent, absent }: Grant): boolean {
  return resent && !absent
}

/** A known non-act costs the attempt, not what the effect would have; time is charged as it went. */
function usedBy(p: Proposal, act: Act, tookMs: number): (charge: Intent['charges'][number]) => number | null {
  return (charge) => {
    if (charge.meter === 'active') return tookMs
    return act.did === 'not_performed' && Object.hasOwn(p.spec.meters, charge.meter) ? 0 : null
  }
}

async function actOut(run: Activation, p: Proposal, grant: Grant): Promise<Act> {
  const leftMs = grant.boundMs - grant.watch.elapsedMs()
  // The last look before the call: a worker that was stopped since its begin must not act any more.
  if (leftMs <= 0) return { did: 'not_performed', fault: { code: 'too_late' }, permanent: false }
  const { stop } = grant
  if (stop.aborted) return { did: 'not_performed', fault: { code: 'aborted' }, permanent: false }
  const stopTimer = run.engine.clock.timer(leftMs, () => stop.abort(tooSlow('tool')))
  try {
    const act = await accepted(p, await execute(run, p, grant, leftMs))
    return p.spec.readBack && act.did === 'performed' ? await readBack(run, p, grant, act) : act
  } catch (error) {
    return actOfThrow(error, stop, p.spec.effect === 'read')
  } finally {
    stopTimer()
  }
}

function execute(run: Activation, p: Proposal, grant: Grant, boundMs: number): Promise<unknown> {
  const call = callOf(run, grant, grant.stop, boundMs)
  const how = grant.adopted && p.spec.check ? checkFirst : send
  return inSpan(run, grant.intent.seq, () => how(run, p, grant, boundMs, call))
}

/** What says that it was done is not believed before its check has found it: a doubt else, of which a person hears. */
async function readBack(run: Activation, p: Proposal, grant: Grant, act: Act): Promise<Act> {
  const call = callOf(run, grant, grant.stop, Math.max(1, grant.boundMs - grant.watch.elapsedMs()))
  const asked = run.engine.outside.check(p.spec, p.input, call)
  const found = await grant.stop.orAborted(asked).catch(() => ({ did: 'unknown' as const }))
  if (found.did === 'happen') return act
  const what = found.did === 'not_happen' ? 'does not find it' : 'could not tell'
  return { did: 'unknown', fault: { code: READ_BACK, message: `It said that it was done; its check ${what}.` } }
}

/** The doubt that it takes over was another run's: whether that acted is looked at before. */
async function checkFirst(run: Activation, p: Proposal, grant: Grant, boundMs: number, call: Call): Promise<unknown> {
  const found = await grant.stop.orAborted(run.engine.outside.check(p.spec, p.input, call))
  if (found.did === 'happen') return found.result
  if (found.did === 'unknown') throw new Error('It is not known whether an earlier attempt acted.')
  grant.absent = true
  // Time went by: the last look before the call is due again.
  if (grant.watch.elapsedMs() >= grant.boundMs) throw fault.notPerformed('too_late')
  return send(run, p, grant, boundMs, call)
}

function send(run: Activation, p: Proposal, grant: Grant, boundMs: number, call: Call): Promise<unknown> {
  const { stop } = grant
  const { spec } = p
  const module = spec.module ?? run.engine.configModule
  if (spec.isolate === 'none' || module === null) return stop.orAborted(run.engine.outside.execute(spec, p.input, call))
  const { runId, session, tenant, principal, fence } = run.run
  const who = { runId, session, tenant, principal, fence }
  // It ends with the signal by itself, and knows then whether the child had been asked to act.
  return run.engine.isolation.call(spec, {
    ...who,
    module,
    wire: p.wire,
    key: grant.key,
    attempt: call.attempt,
    ...traceIn(call),
    boundMs,
    signal: stop.signal,
    secrets: run.engine.secrets,
  })
}

const traceIn = ({ traceparent, tracestate }: Call) => ({
  ...(traceparent !== undefined && { traceparent }),
  ...(tracestate !== undefined && { tracestate }),
})

/** The output as JSON; one that is too large or of the wrong shape does not undo what was done. */
function accepted(p: Proposal, output: unknown): Act | Promise<Act> {
  const json = toJson(output)
  const bytes = bytesBeyond(LIMITS.body_bytes / 2, json)
  const isRead = p.spec.effect === 'read'
  if (bytes !== null) {
    const message = `The result has ${bytes} bytes; the most is ${LIMITS.body_bytes / 2}.`
    return unfit({ code: 'result_too_large', message }, isRead)
  }
  return p.spec.output === null ? { did: 'performed', output: json } : shaped(p.spec.output, output, isRead)
}

async function shaped(schema: NonNullable<Proposal['spec']['output']>, output: unknown, isRead: boolean): Promise<Act> {
  const checked = await check(schema, output)
  if (checked.ok) return { did: 'performed', output: toJson(checked.value) }
  return unfit({ code: 'result_wrong_shape', message: checked.issues }, isRead)
}

function unfit(fault: { readonly code: string; readonly message: string }, isRead: boolean): Act {
  if (isRead) return { did: 'not_performed', fault, permanent: true }
  return { did: 'performed', output: { performed: true, ...fault } }
}

function actOfThrow(error: unknown, stop: Stop, isRead: boolean): Act {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, THROWN_CHARS)
  if (error instanceof ToolFault) {
    const wait = error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }
    const said = error.say === null ? {} : { message: error.say.slice(0, SAID_CHARS) }
    return {
      did: 'not_performed',
      fault: { code: error.code, ...said, ...wait },
      permanent: error.kind === 'permanent',
    }
  }
  // A read without its secret will not get better. A write may have acted before it asked for one.
  if (isRead && error instanceof MidwatchError && error.code === 'missing_secret') {
    return { did: 'not_performed', fault: { code: error.code, message }, permanent: true }
  }
  return {
    did: 'unknown',
    fault: { code: stop.aborted ? (isTimeout(stop.reason) ? 'timeout' : 'aborted') : 'threw', message },
  }
}
