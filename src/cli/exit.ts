import type { ErrorCode } from '../core/errors.js'
import type { OutcomeStatus } from '../core/states.js'

/**
 * What the shell hears. `changed`: verdicts, by a backtest. `broken`: a rehearsal broke something. `waiting`: handed over, or
 * waiting for somebody or something.
 */
export const EXIT = {
  ok: 0,
  changed: 1,
  broken: 1,
  usage: 2,
  refused: 3,
  waiting: 4,
  exhausted: 5,
  failed: 6,
  killed: 7,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_OF_OUTCOME: Readonly<Record<OutcomeStatus, ExitCode>> = {
  completed: EXIT.ok,
  refused: EXIT.refused,
  handed_over: EXIT.waiting,
  exhausted: EXIT.exhausted,
  failed: EXIT.failed,
  killed: EXIT.killed,
}

/** What was asked for makes no sense here: the caller must write it differently. */
const MISWRITTEN: ReadonlySet<ErrorCode> = new Set([
  'usage',
  'invalid_config',
  'invalid_definition',
  'invalid_duration',
  'invalid_input',
  'invalid_money',
  'invalid_rehearsal',
  'invalid_scope',
  'port_taken',
  'unknown_agent',
  'unknown_escalation',
  'unknown_run',
  'unknown_session',
  'unknown_story',
  'unknown_token',
])
/** It makes sense, and the answer is no. */
const NO: ReadonlySet<ErrorCode> = new Set([
  ...(['escalation_closed', 'own_request', 'same_person', 'not_ended', 'start_conflict', 'token_name_taken'] as const),
  'unreconciled',
  ...(['session_closed', 'session_sequenced', 'session_unsequenced', 'sequence_taken', 'sequence_passed'] as const),
])

/** Not now: the same again, later. */
const LATER: ReadonlySet<ErrorCode> = new Set(['too_early_to_say', 'session_busy', 'overloaded'])

export function exitOfError(code: ErrorCode): ExitCode {
  if (MISWRITTEN.has(code)) return EXIT.usage
  if (NO.has(code)) return EXIT.refused
  return LATER.has(code) ? EXIT.waiting : EXIT.failed
}
