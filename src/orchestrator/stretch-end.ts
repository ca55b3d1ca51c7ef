import type { JsonValue } from '../core/json.js'
import type { Outcome } from '../core/states.js'

/** How a stretch of work on a run ended. */
export type Stretch =
  | { readonly status: 'ended'; readonly outcome: Outcome<JsonValue>; readonly continued: boolean }
  | { readonly status: 'parked'; readonly waits: string; readonly dueAt: number | null; readonly keep: boolean }
  | { readonly status: 'lost'; readonly code: string }
