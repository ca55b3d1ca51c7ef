/**
 * Every error code there is, with what to do. One page each stands in `docs/errors/`.
 * A refusal, an escalation, a suspension are returned values; an error is thrown only for a fault.
 */
export const ERROR_CODES = {
  invalid_duration: { retryable: false },
  invalid_money: { retryable: false },
  invalid_scope: { retryable: false },
  invalid_definition: { retryable: false },
  invalid_input: { retryable: false },
  invalid_config: { retryable: false },
  config_hangs: { retryable: false },
  meter_amount_invalid: { retryable: false },
  unknown_price: { retryable: false },
  unknown_agent: { retryable: false },
  unknown_run: { retryable: false },
  unknown_escalation: { retryable: false },
  escalation_closed: { retryable: false },
  too_early_to_say: { retryable: true },
  own_request: { retryable: false },
  same_person: { retryable: false },
  start_conflict: { retryable: false },
  session_busy: { retryable: true },
  session_closed: { retryable: false },
  session_sequenced: { retryable: false },
  session_unsequenced: { retryable: false },
  sequence_taken: { retryable: false },
  sequence_passed: { retryable: false },
  unknown_session: { retryable: false },
  unknown_position: { retryable: false },
  not_ended: { retryable: false },
  unauthenticated: { retryable: false },
  forbidden: { retryable: false },
  token_name_taken: { retryable: false },
  unknown_token: { retryable: false },
  governed_left: { retryable: false },
  governed_mismatch: { retryable: false },
  ledger_away: { retryable: true },
  ledger_schema_newer: { retryable: false },
  ledger_schema_older: { retryable: false },
  ledger_isolation: { retryable: false },
  ledger_refused: { retryable: false },
  unreconciled: { retryable: true },
  embedded_no_binary: { retryable: false },
  embedded_disk_full: { retryable: false },
  embedded_socket_taken: { retryable: false },
  embedded_newer_data: { retryable: false },
  embedded_failed: { retryable: false },
  missing_secret: { retryable: false },
  mcp_not_pinned: { retryable: false },
  mcp_pins_unreadable: { retryable: false },
  mcp_unreachable: { retryable: true },
  invalid_rehearsal: { retryable: false },
  unknown_story: { retryable: false },
  answer_unfit: { retryable: false },
  body_too_large: { retryable: false },
  deadline_passed: { retryable: true },
  foreign_origin: { retryable: false },
  internal_error: { retryable: false },
  invalid_cursor: { retryable: false },
  invalid_request: { retryable: false },
  method_not_allowed: { retryable: false },
  not_acceptable: { retryable: false },
  not_found: { retryable: false },
  not_ready: { retryable: true },
  overloaded: { retryable: true },
  port_taken: { retryable: false },
  rate_limited: { retryable: true },
  unsupported_media_type: { retryable: false },
  usage: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>
export type ErrorCode = keyof typeof ERROR_CODES

/** The one error class. `message` says what was wrong and what to do. */
export class MidwatchError extends Error {
  override readonly name = 'MidwatchError'
  readonly retryable: boolean
  /** When to try again, where that is known, ms. */
  readonly retryAfterMs: number | null
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    const { retryAfterMs = null, ...rest } = options
    super(message, rest)
    this.retryAfterMs = retryAfterMs
    this.retryable = ERROR_CODES[code].retryable
  }
}
