import type { PinCount } from '../core/run-row.js'
import { isServed } from '../core/serving.js'
import { type Definition, servesKey } from '../orchestrator/definition.js'
import { servedBy } from '../orchestrator/serving.js'

/**
 * The same definitions, accepting besides what is pinned to code that is not among them: the definition of the same version,
 * else the newest of that name. Their replay decides, as with `accepts`. For `midwatch dev`, where code changes under its runs
 * all day; in production whoever deploys says what is accepted.
 */
export function takingOver(
  definitions: ReadonlyMap<string, Definition>,
  pins: readonly PinCount[],
): ReadonlyMap<string, Definition> {
  const heirs = new Map<string, Set<number>>()
  const served = new Set(servedBy(definitions.values()))
  for (const pin of pins) {
    if (isServed(pin, served)) continue
    const named = [...definitions.values()].filter(({ name }) => name === pin.agent)
    const newest = named.reduce<Definition | null>((a, b) => (a === null || b.version > a.version ? b : a), null)
    const heir = named.find(({ version }) => version === pin.version) ?? newest
    if (heir === null) continue
    const key = servesKey(heir)
    heirs.set(key, (heirs.get(key) ?? new Set()).add(pin.version))
  }
  return new Map([...definitions].map(([key, one]) => [key, accepting(one, heirs.get(key) ?? new Set())]))
}

function accepting(definition: Definition, versions: ReadonlySet<number>): Definition {
  if (versions.size === 0) return definition
  return { ...definition, accepts: [...new Set([...definition.accepts, ...versions])] }
}
