import type { EpochMs } from './time.js'

/** Mail for one run, numbered from 1 without a gap. */
export interface Mail {
  readonly no: number
  readonly kind: 'answer' | 'evidence' | 'wake' | 'message' | 'moved' | 'child'
  /**
   * Canonical JSON text: of an answer { escalation, decision, by, note?, result?, first?: { by, note?, result? } }, of evidence { ref }, of a message { run },
   * of a move { by, from, to }, of a child that ended { child, step } or, when all of a group have, { group: STEP }.
   */
  readonly body: string
  readonly at: EpochMs
}

/** A settle that came under an old fence: a receipt, kept outside the journal. */
export interface Evidence {
  readonly runId: string
  readonly ref: number
  readonly no: number
  readonly fence: number
  readonly did: string
  readonly body: string
  readonly at: EpochMs
}
