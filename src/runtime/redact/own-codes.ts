import { ERROR_CODES } from '../../core/errors.js'
import { FAULT_ADVICE } from '../../models/faults.js'

const MODELS = Object.keys(FAULT_ADVICE)
const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(ERROR_CODES),
  ...MODELS,
  ...MODELS.map((one) => `model_${one}`),
  ...['lost', 'timeout', 'threw', 'too_late', 'aborted', 'crash_loop', 'flow_threw', 'no_model', 'taken_over'],
  ...[
    'result_too_large',
    'result_wrong_shape',
    'did_not_happen',
    'busy',
    'erased',
    'fenced',
    'breaker_open',
    'retry_budget',
  ],
  ...['isolated_tool_not_found', 'isolated_not_started', 'isolated_input_refused'],
])

/** Whether a code is the runtime's: any other is of a tool's own making, and may say anything. */
export const isOwnCode = (code: string): boolean => CODES.has(code)
