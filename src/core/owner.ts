/** Whose fault a failed outcome is: who has to be woken. `provider`: whoever serves the model · `store`: the ledger. */
export const OWNERS = ['model', 'tool', 'provider', 'policy', 'orchestration', 'store'] as const
export type Owner = (typeof OWNERS)[number]

/** Codes that the runtime gives itself. Whoever knows better says so where the outcome is made: a tool's codes are its own. */
const OF_CODE: Readonly<Record<string, Owner>> = {
  model_rate_limit: 'provider',
  model_transient: 'provider',
  model_timeout: 'provider',
  model_auth: 'provider',
  model_malformed: 'model',
  model_content_filter: 'model',
  unknown_price: 'policy',
  no_model: 'policy',
  meter_amount_invalid: 'tool',
  missing_secret: 'tool',
  did_not_happen: 'tool',
  no_attempt_left: 'tool',
  performed: 'tool',
  erased: 'store',
}

/** The owner of a failure by its code alone, as of journals that do not name one; what nobody else has is the orchestrator's. */
export function ownerOf(code: string): Owner {
  const known = Object.hasOwn(OF_CODE, code) ? OF_CODE[code] : undefined
  if (known !== undefined) return known
  if (/^(ledger|embedded)_/.test(code)) return 'store'
  return code.startsWith('mcp_') ? 'tool' : 'orchestration'
}
