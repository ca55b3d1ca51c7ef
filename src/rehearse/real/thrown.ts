import { ERROR_CODES, type ErrorCode, MidwatchError } from '../../core/errors.js'
import { ToolFault } from '../../tools/fault.js'

/** What was thrown in one process, for another to throw. */
export interface Thrown {
  readonly name: string
  readonly message: string
  /** Own fields that are plain data: status codes, headers, codes of sockets. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause?: Thrown
}

export function thrownOf(error: unknown): Thrown {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} }
  const { name, message, cause } = error
  const fields = Object.fromEntries(Object.entries(error).filter(([key, value]) => key !== 'cause' && isData(value)))
  return { name, message, fields, ...(cause instanceof Error ? { cause: thrownOf(cause) } : {}) }
}

/** The same again: a fault that a tool declares and an error with a code are what they were, the rest looks like it. */
export function thrownAgain({ name, message, fields, cause }: Thrown): Error {
  const because = cause === undefined ? {} : { cause: thrownAgain(cause) }
  if (name === 'ToolFault') {
    const { kind, code, retryAfterMs } = fields as unknown as ToolFault
    return new ToolFault(kind, code, retryAfterMs, because)
  }
  if (name === 'MidwatchError' && Object.hasOwn(ERROR_CODES, String(fields.code))) {
    return new MidwatchError(fields.code as ErrorCode, message, because)
  }
  const error = name === 'TypeError' ? new TypeError(message, because) : new Error(message, because)
  return Object.assign(error, { ...fields, name })
}

function isData(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
