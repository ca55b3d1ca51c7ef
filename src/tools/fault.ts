import { type Duration, durationMs } from '../core/time.js'

/** not_performed: did not act, may be tried again · permanent: did not act and never will. */
export type FaultKind = 'not_performed' | 'permanent'

interface Said {
  readonly cause?: unknown
  readonly say?: string
}

/** What a tool throws to say what it knows. Anything else that a write throws leaves the effect in doubt. */
export class ToolFault extends Error {
  override readonly name = 'ToolFault'
  /** What the model is told beside the code. */
  readonly say: string | null
  constructor(
    readonly kind: FaultKind,
    readonly code: string,
    readonly retryAfterMs: number | null,
    options: Said = {},
  ) {
    super(code, { cause: options.cause })
    this.say = options.say ?? null
  }
}

export const fault = {
  /** It surely did not act and may be tried again, after `retryAfter` where the other side said so. */
  notPerformed(code: string, { retryAfter, ...said }: Said & { readonly retryAfter?: Duration } = {}): ToolFault {
    const wait = retryAfter === undefined ? null : durationMs(retryAfter)
    return new ToolFault('not_performed', code, wait, said)
  },
  /** It surely did not act, and trying again will not help (a declined card). */
  permanent(code: string, said: Said = {}): ToolFault {
    return new ToolFault('permanent', code, null, said)
  },
} as const
