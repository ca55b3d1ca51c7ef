import { argsDigest } from '../core/digest.js'
import { ERROR_CODES, type ErrorCode, MidwatchError } from '../core/errors.js'
import { type FaultKind, ToolFault } from './fault.js'
import type { Moment } from './moment.js'
import type { ToolSpec } from './tool.js'

/** What a child is told to do, once it has loaded its module. */
export interface Go {
  readonly kind: 'go'
  readonly tool: string
  /** Digest of what the parent knows of the tool: a child that loaded other code must not act. */
  readonly shape: string
  readonly wire: unknown
  readonly key: string
  readonly fence: number
  readonly attempt: number
  readonly runId: string
  readonly session: string | null
  readonly tenant: string
  readonly principal: string | null
  /** W3C trace context, as far as there is one. */
  readonly trace: { readonly traceparent?: string; readonly tracestate?: string }
  readonly until: Moment
}

export type ToChild = Go | { readonly kind: 'secret'; readonly id: number; readonly got: Got }
type Got = { readonly value: string } | { readonly thrown: Thrown }

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'secret'; readonly id: number; readonly name: string }
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'threw'; readonly thrown: Thrown }

/** An error as it crosses the border. */
export type Thrown =
  | {
      readonly sort: 'fault'
      readonly kind: FaultKind
      readonly code: string
      readonly retryAfterMs: number | null
      readonly say?: string
    }
  | { readonly sort: 'midwatch'; readonly code: ErrorCode; readonly message: string }
  | { readonly sort: 'error'; readonly name: string; readonly message: string }

/** Read by its looks: the module may have been given a `ToolFault` of another copy of this package. */
export function thrownOf(error: unknown): Thrown {
  const e = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  if (e.name === 'ToolFault' && (e.kind === 'not_performed' || e.kind === 'permanent')) {
    const wait = typeof e.retryAfterMs === 'number' ? e.retryAfterMs : null
    const say = typeof e.say === 'string' ? { say: e.say } : {}
    return { sort: 'fault', kind: e.kind, code: String(e.code), retryAfterMs: wait, ...say }
  }
  const message = typeof e.message === 'string' ? e.message : String(error)
  if (e.name === 'MidwatchError' && Object.hasOwn(ERROR_CODES, String(e.code))) {
    return { sort: 'midwatch', code: e.code as ErrorCode, message }
  }
  return { sort: 'error', name: typeof e.name === 'string' ? e.name : 'Error', message }
}

/** The error again, as this process knows its classes. */
export function errorOf(thrown: Thrown): Error {
  if (thrown.sort === 'fault') {
    const { kind, code, retryAfterMs, say } = thrown
    return new ToolFault(kind, code, retryAfterMs, say === undefined ? {} : { say })
  }
  if (thrown.sort === 'midwatch') return new MidwatchError(thrown.code, thrown.message)
  return Object.assign(new Error(thrown.message), { name: thrown.name })
}

/** What makes a tool the same tool in two processes; closures cannot be compared. */
export function shapeOf(spec: Pick<ToolSpec, 'name' | 'description' | 'effect' | 'jsonSchema'>): string {
  return argsDigest([spec.name, spec.description, spec.effect, spec.jsonSchema])
}
