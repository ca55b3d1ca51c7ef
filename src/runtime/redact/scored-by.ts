import { type Definition, servesKey } from '../../orchestrator/definition.js'

/** The agents whose runs these flows score: what is said of a run may quote it, so what they mark is marked there too. */
export function scoredBy(definitions: readonly Definition[], flows: readonly Definition[]): Definition[] {
  const keys = new Set(flows.map(servesKey))
  return definitions.filter(({ companion }) => companion !== null && keys.has(servesKey(companion)))
}
