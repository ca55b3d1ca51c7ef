import type { Admission } from '../core/admission.js'
import { argsDigest } from '../core/digest.js'
import { MidwatchError } from '../core/errors.js'
import type { Entropy } from '../core/ids.js'
import { canonical, toJson } from '../core/json.js'
import { PRIORITIES, type Priority } from '../core/queues.js'
import type { BusyPolicy } from '../core/sessions.js'
import { type Duration, durationMs } from '../core/time.js'
import { type TraceContext, traceContextOf } from '../core/trace.js'
import { check } from '../tools/schema.js'
import type { Definition } from './definition.js'

/** How a message goes into its session. */
interface MessageOptions {
  /** Its number as the sender counts, from 1; a session's messages all have one, or none. */
  readonly sequence?: number
  /** In place of what the agent's contract says. */
  readonly whileBusy?: BusyPolicy
}

export interface StartOptions<I> extends MessageOptions {
  readonly input: I
  /** The caller's own key: the same key with the same input is the same run. */
  readonly key?: string
  readonly session?: string
  readonly tenant?: string
  readonly principal?: string
  readonly deadline?: Duration
  /** How urgent it is; default as its agent says. */
  readonly priority?: Priority
  /** Your own trace, as a `traceparent` header names it; what is none is passed over. Default: the active span, with `otel` on. */
  readonly trace?: TraceContext
}

/** What admits a run of an agent or flow. Throws `invalid_input` for an input or a tenant that does not fit. */
export async function admissionOf(
  definition: Definition,
  options: StartOptions<unknown>,
  entropy: Entropy,
): Promise<Admission> {
  const { name, version, fingerprint, meters } = definition
  if (options.tenant?.includes('/')) {
    throw new MidwatchError(
      'invalid_input',
      `The tenant '${options.tenant}' has a '/' in its name, which parts it from a session's.`,
    )
  }
  const { sequence, session = null } = options
  if (sequence !== undefined && (session === null || !Number.isSafeInteger(sequence) || sequence < 1)) {
    throw new MidwatchError('invalid_input', `sequence is a whole number from 1, of a message to a session.`)
  }
  const { priority = definition.priority } = options
  if (!PRIORITIES.includes(priority)) {
    throw new MidwatchError('invalid_input', `priority is one of ${PRIORITIES.join(', ')}, not '${priority}'.`)
  }
  const input = toJson(options.input)
  const trace = traceContextOf(options.trace)
  const fits = await check(definition.input, input)
  if (!fits.ok) throw new MidwatchError('invalid_input', `The input of '${name}' does not fit: ${fits.issues}.`)
  return {
    runId: entropy.runId(),
    tenant: options.tenant ?? 'default',
    agent: name,
    version,
    fingerprint,
    queue: definition.queue,
    priority,
    key: options.key ?? null,
    session,
    principal: options.principal ?? null,
    origin: null,
    deadlineMs:
      (options.deadline === undefined ? definition.deadlineMs : durationMs(options.deadline)) + definition.windDownMs,
    meters,
    body: canonical({ input, ...(trace && { trace }) }),
    salt: entropy.salt(),
    inputDigest: argsDigest(input),
    ...(session === null ? {} : conductOf(definition, options)),
  }
}

/** What the contract says of messages, as far as it says anything. */
function conductOf({ session }: Definition, { sequence, whileBusy = session?.whileBusy }: MessageOptions) {
  const { gapMs = null, idleMs = null } = session ?? {}
  return {
    ...(sequence !== undefined && { sequence }),
    ...(whileBusy !== undefined && { whileBusy }),
    ...(gapMs !== null && { gapMs }),
    ...(idleMs !== null && { idleMs }),
  }
}
