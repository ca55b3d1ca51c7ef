import type { Owner } from './owner.js'
import type { Reason, RefusalRule } from './refusals.js'
import type { WoundDown } from './wound-down.js'

/** Run states and outcomes, on one page. The schema enforces the same words as CHECK constraints. */
export const RUN_STATES = ['queued', 'running', 'waiting', 'ended'] as const
export type RunState = (typeof RUN_STATES)[number]

export const OUTCOMES = ['completed', 'refused', 'handed_over', 'exhausted', 'failed', 'killed'] as const
export type OutcomeStatus = (typeof OUTCOMES)[number]

/** free: surely did not act · under_way: an attempt is open · performed: confirmed · doubt: an attempt may have acted. */
export const EFFECT_STATES = ['free', 'under_way', 'performed', 'doubt'] as const
export type EffectState = (typeof EFFECT_STATES)[number]

export const EFFECT_CLASSES = ['read', 'keyed', 'checked', 'once'] as const
export type EffectClass = (typeof EFFECT_CLASSES)[number]

/** What was taken back, and what stands, of a run whose policy has it wound down. */
type Wound = {
  readonly windDown?: WoundDown
}

/** How a run ended: a caller must handle each. */
export type Outcome<O> =
  | { readonly status: 'completed'; readonly output: O }
  | ({ readonly status: 'refused'; readonly reason: Reason; readonly rule: RefusalRule; readonly say: string } & Wound)
  | ({ readonly status: 'handed_over'; readonly to: string; readonly by?: string; readonly note?: string } & Wound)
  | ({ readonly status: 'exhausted'; readonly meter: string; readonly used: number; readonly limit: number } & Wound)
  | ({ readonly status: 'failed'; readonly code: string; readonly owner: Owner; readonly message?: string } & Wound)
  | ({ readonly status: 'killed'; readonly scope: string; readonly by: string } & Wound)
