import type { ErrorCode } from '../core/errors.js'

/**
 * HTTP status of each code that a request can bring about. What stands here is told with its words; every other code is a fault
 * of this side, told as `internal_error` without them.
 */
export const STATUSES = {
  answer_unfit: 400,
  invalid_cursor: 400,
  invalid_duration: 400,
  invalid_input: 400,
  invalid_money: 400,
  invalid_request: 400,
  invalid_scope: 400,
  unauthenticated: 401,
  forbidden: 403,
  foreign_origin: 403,
  not_found: 404,
  unknown_agent: 404,
  unknown_escalation: 404,
  unknown_run: 404,
  unknown_session: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  escalation_closed: 409,
  not_ended: 409,
  own_request: 409,
  same_person: 409,
  sequence_passed: 409,
  sequence_taken: 409,
  session_busy: 409,
  session_closed: 409,
  session_sequenced: 409,
  session_unsequenced: 409,
  start_conflict: 409,
  too_early_to_say: 409,
  unreconciled: 409,
  unknown_position: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal_error: 500,
  deadline_passed: 503,
  ledger_away: 503,
  ledger_schema_newer: 503,
  ledger_schema_older: 503,
  not_ready: 503,
  overloaded: 503,
} as const satisfies Partial<Record<ErrorCode, number>>

export type ProblemCode = keyof typeof STATUSES
