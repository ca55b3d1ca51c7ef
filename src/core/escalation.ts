import type { EpochMs } from './time.js'

/** approval: of an effect's exact arguments · doubt: did it happen? · question: of a flow, answered with a value */
export const ESCALATION_KINDS = ['approval', 'doubt', 'question'] as const
export type EscalationKind = (typeof ESCALATION_KINDS)[number]

/** One rung of a chain: who is asked, and for how long. */
export interface Rung {
  readonly to: string
  readonly withinMs: number
  /** On the last rung: what happens when nobody answers. */
  readonly otherwise?: 'refuse' | 'hand_over'
}

/** approve, deny: of an approval · happened, not_happened: of a doubt · answer: of a question, with a result. */
export const DECISIONS = ['approve', 'deny', 'happened', 'not_happened', 'answer'] as const
export type Decision = (typeof DECISIONS)[number]

/** open → answered | expired (its last deadline passed) | void (its run ended or asked anew). */
export const ESCALATION_STATES = ['open', 'answered', 'expired', 'void'] as const
export type EscalationState = (typeof ESCALATION_STATES)[number]

export interface EscalationFilter {
  readonly state?: EscalationState
  readonly kind?: EscalationKind
  readonly runId?: string
  readonly id?: string
  /** Of any of these tenants. */
  readonly tenants?: readonly string[]
  /** Those behind this one, in order of their opening and id. */
  readonly after?: { readonly openedAt: EpochMs; readonly id: string }
  readonly limit?: number
}

/** What the first of two said, while the second is waited for and afterwards. */
export interface FirstSaid {
  readonly by: string
  readonly note: string | null
  readonly result: string | null
  readonly at: EpochMs
}

/** One question that a run has put before people. */
export interface Escalation {
  readonly id: string
  readonly tenant: string
  readonly runId: string
  readonly agent: string
  readonly kind: EscalationKind
  readonly tool: string | null
  /** Digest of the arguments that an answer is for. */
  readonly args: string
  /** Canonical JSON text of what a person is shown. */
  readonly show: string
  readonly chain: readonly Rung[]
  readonly rung: number
  /** When the present rung gives way to the next. */
  readonly dueAt: EpochMs
  readonly notBefore: EpochMs | null
  /** How many different people must say yes; one no is a no. */
  readonly people: 1 | 2
  /** Whoever asked for the run may approve it too. */
  readonly selfApproval: boolean
  /** The first of two who said yes. */
  readonly first: FirstSaid | null
  readonly state: EscalationState
  readonly decision: Decision | null
  readonly by: string | null
  readonly note: string | null
  /** Canonical JSON text: the result that a person vouches for; with `approve` other arguments, to be proposed in place of these. */
  readonly result: string | null
  readonly openedAt: EpochMs
  readonly answeredAt: EpochMs | null
  /** Of the run's agent when it was asked: an approval is for that one. null for those of before this was kept. */
  readonly version: number | null
  /** The step that was begun under it. */
  readonly usedBy: string | null
}
