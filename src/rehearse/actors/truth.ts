import type { Escalation } from '../../core/escalation.js'
import { canonical, type JsonValue } from '../../core/json.js'
import { storedKey } from '../../orchestrator/doubt.js'
import { digestOf } from '../../orchestrator/proposal.js'
import type { Surroundings } from '../surroundings.js'
import { actsDone } from '../tools/witness.js'
import type { Act } from '../verdict.js'

/** What the world has to say to a doubt. */
export interface Truth {
  readonly happened: boolean
  /** What it answered then, where that is known. */
  readonly result: JsonValue
}

/**
 * Whether the effect that a doubt is about has happened, as somebody finds who looks into the provider's books: by its key,
 * or, where the books know none, by its arguments. null for a question that is none of doubt.
 */
export async function truthOf(s: Surroundings, asked: Escalation): Promise<Truth | null> {
  if (asked.kind !== 'doubt' || asked.tool === null) return null
  const { tool, tenant, runId } = asked
  const rows = await s.ledger.effects({ runId })
  const those = rows.filter((row) => row.tool === tool && row.args === asked.args)
  const open = new Set(those.filter(({ state }) => state !== 'performed').map(({ key }) => key))
  const secret = await s.ledger.secret()
  const acts = actsDone(s).filter((act) => act.tool === tool)
  const keyed = acts.filter(({ key }) => key !== null && open.has(storedKey(secret, tenant, tool, key)))
  const found = keyed.at(-1) ?? unaccounted(acts, asked, those.length - open.size)
  return found ? { happened: true, result: found.result ?? null } : { happened: false, result: null }
}

/** Of the acts without a key and with these arguments, one more than what the run has confirmed already. */
function unaccounted(acts: readonly Act[], asked: Escalation, confirmed: number): Act | undefined {
  const wire = canonical((JSON.parse(asked.show) as { readonly input?: unknown }).input ?? null)
  const alike = acts.filter(
    ({ key, input, runId }) =>
      key === null &&
      (runId === undefined || runId === asked.runId) &&
      (digestOf(input) === asked.args || canonical(input) === wire),
  )
  return alike[confirmed]
}
