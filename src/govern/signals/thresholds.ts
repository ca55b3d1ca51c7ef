/**
 * From when on a signal is one. Those of calls were chosen on one half of 4,826 recorded runs and measured on the other:
 * docs/signals.md has the figures. The others bound what no healthy run of the rehearsals does.
 */
export const SIGNAL_THRESHOLDS = {
  /** So often the same read gave the same answer. */
  same_call_times: 3,
  /** So many failed calls among the last ones. */
  repeated_errors_times: 2,
  repeated_errors_window: 5,
  /** So many calls, immediate repetitions apart, since something new was learnt. */
  no_new_facts_calls: 2,
  /** From this share of common words on, two replies are one. */
  near_identical_share: 0.85,
  /** So many near-identical replies among the last four. */
  near_identical_times: 3,
  near_identical_window: 4,
  /** Replies of fewer words say nothing that could be repeated. */
  near_identical_words: 4,
  /** So many calls in a row, each with more attempts than the one before. */
  attempts_rising_calls: 3,
  /** The mean growth of the last prompts, in tokens a call, and how many of them. */
  context_slope_tokens: 2_000,
  context_slope_calls: 5,
  /** So many estimates in a row, none higher than the one before, and by how much they fell in all. */
  confidence_falling_times: 3,
  confidence_falling_by: 0.3,
} as const
