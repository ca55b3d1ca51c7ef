/**
 * Why an agent or its policy said no.
 * low_confidence: nobody is sure enough · out_of_scope: not what it is there for · cannot_know: what is needed cannot be found
 * out · policy: a rule, a stage, a person or a signal says so · unsafe_arguments: what was proposed cannot be used as it stands.
 */
export const REASONS = ['low_confidence', 'out_of_scope', 'cannot_know', 'policy', 'unsafe_arguments'] as const
export type Reason = (typeof REASONS)[number]

/** Rules that bear the name of what they are about: `rules.issue_refund`, `stages.resolve`, … */
const NAMED = ['rules', 'people', 'stages', 'signals'] as const

/**
 * Rules without a name behind them.
 * agent, flow: it said so itself · strike: no call of anything · confidence: below the bar · changed: a person gave other
 * arguments · approval: what was allowed is another call · key_conflict, repeat: the effect's key was used before · in_doubt,
 * under_way, locked: another run held the key or the lock for too long · overloaded: what was more urgent took its place in a full queue ·
 * mcp_…: its server says something else than was accepted.
 */
const FIXED = [
  'agent',
  'flow',
  'strike',
  'confidence',
  'changed',
  'approval',
  'key_conflict',
  'repeat',
  'in_doubt',
  'under_way',
  'locked',
  'overloaded',
  'mcp_not_pinned',
  'mcp_changed',
  'mcp_gone',
] as const

/** What said no: every refusal names one of these, and there are no others. */
export type RefusalRule = `${(typeof NAMED)[number]}.${string}` | (typeof FIXED)[number]

/** Every rule there is, as a page names them: `rules.TOOL`, `confidence`, … */
export const REFUSAL_RULES: readonly string[] = [...NAMED.map((one) => `${one}.NAME`), ...FIXED]

/** Whether this is a refusal of the catalogue: a known reason, by a known rule. */
export function isCatalogued({ reason, rule }: { readonly reason?: unknown; readonly rule?: unknown }): boolean {
  if (!REASONS.some((one) => one === reason) || typeof rule !== 'string') return false
  return (
    FIXED.some((one) => one === rule) || NAMED.some((one) => rule.startsWith(`${one}.`) && rule.length > one.length + 1)
  )
}
