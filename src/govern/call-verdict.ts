/** What one call says of whoever was called. null: nothing at all, for it was cut or never made. */
export type CallVerdict = 'passed' | 'failed' | null

/** Faults of models by class. What the provider refuses for good (a key, a prompt) shows that it answers. */
const OF_MODELS: Readonly<Record<string, CallVerdict>> = {
  transient: 'failed',
  timeout: 'failed',
  malformed: 'failed',
  aborted: null,
  too_late: null,
}

/** Of a model call; `fault` null: it answered. */
export function modelVerdict(fault: string | null, rateLimits: boolean): CallVerdict {
  if (fault === null) return 'passed'
  if (fault === 'rate_limit') return rateLimits ? 'failed' : null
  return Object.hasOwn(OF_MODELS, fault) ? (OF_MODELS[fault] ?? null) : 'passed'
}

/** What is known of an attempt of a tool. */
interface Attempted {
  readonly did: 'performed' | 'not_performed' | 'unknown'
  readonly code: string | null
  readonly isPermanent: boolean
}

/** Faults of this side: the tool was never reached, or was cut off. */
const OURS = /^(too_late|aborted|missing_secret|isolated_.*)$/
const TOO_MANY = /^(http_4(25|29)|busy|rate_?limit.*|too_many.*)$/

/** Of a tool call. A refusal of the arguments shows that the tool answers; a failure that will pass, or nothing at all, does not. */
export function toolVerdict({ did, code, isPermanent }: Attempted, rateLimits: boolean): CallVerdict {
  if (did === 'performed') return 'passed'
  if (code !== null && OURS.test(code)) return null
  if (did === 'not_performed' && isPermanent) return 'passed'
  return code !== null && TOO_MANY.test(code) && !rateLimits ? null : 'failed'
}
