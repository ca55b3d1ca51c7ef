import { type Duration, durationMs } from '../core/time.js'

/** not_performed: did not act, may be tried again · permanent: did not act and never will. */
export type FaultKind = 'not_performed' | 'permanent'

/** What a tool throws to say what it knows. Anything else that a write throws leaves the effect in doubt. */
export class ToolFault extends Error {
  override readonly name = 'ToolFault'
  constructor(
    readonly kind: FaultKind,
    readonly code: string,
    readonly retryAfterMs: number | null,
    options?: { cause?: unknown },
  ) {
    super(code, options)
  }
}

export const fault = {
  /** It surely did not act and may be tried again, after `retryAfter` where the other side said so. */
  notPerformed(code: string, options: { retryAfter?: Duration; cause?: unknown } = {}): ToolFault {
    const wait = options.retryAfter === undefined ? null : durationMs(options.retryAfter)
    return new ToolFault('not_performed', code, wait, { cause: options.cause })
  },
  /** It surely did not act, and trying again will not help (a declined card). */
  permanent(code: string, options: { cause?: unknown } = {}): ToolFault {
    return new ToolFault('permanent', code, null, { cause: options.cause })
  },
} as const
