/** An effect that a run had confirmed, or may have caused. */
export type Effected = {
  readonly tool: string
  readonly step: string
  /** The entry that began it. */
  readonly seq: number
}

/**
 * no_undo: its tool has none · other_code: the tool is not there any more, or makes other keys · refused: by a rule or a person ·
 * no_room: a ceiling · failed: it cannot be taken back · in_doubt: nobody knows whether it was done, or taken back · left: a
 * person would have it so · not_reached: what came after it stands, or the wind-down was stopped.
 */
export const REMAINS = [
  'no_undo',
  'other_code',
  'refused',
  'no_room',
  'failed',
  'in_doubt',
  'left',
  'not_reached',
] as const

/** An effect that stands though it was to be taken back. */
export type Remaining = Effected & {
  readonly why: (typeof REMAINS)[number]
  /** The fault or the rule, where there is one. */
  readonly code?: string
}

/** What became of the effects of a run that was wound down, in the order in which they were looked at: the newest first. */
export type WoundDown = {
  readonly undone: readonly Effected[]
  readonly remains: readonly Remaining[]
  /** Who said what is to become of what remains. */
  readonly by?: string
}
