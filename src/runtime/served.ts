import { MidwatchError } from '../core/errors.js'
import { type Definition, servesKey } from '../orchestrator/definition.js'
import { servedAlong } from '../orchestrator/served-along.js'
import type { MidwatchOptions } from './options.js'

/** What a process serves, by name, version and fingerprint. Throws `invalid_config` where two differ under one name and version. */
export function definitionsOf(options: Pick<MidwatchOptions, 'run'>): Map<string, Definition> {
  const found = new Map<string, Definition>()
  for (const definition of withAgents(options.run.map((one) => one.definition))) {
    const key = servesKey(definition)
    const same = [...found.values()].find((d) => d.name === definition.name && d.version === definition.version)
    if (same && same.fingerprint !== definition.fingerprint) {
      throw new MidwatchError(
        'invalid_config',
        `Two different definitions of '${definition.name}' version ${definition.version}: raise the version of the newer one.`,
      )
    }
    found.set(key, definition)
  }
  return found
}

/** Agents that stand among the tools of others, and what scores them, are served along with them. */
function withAgents(named: readonly Definition[]): ReadonlySet<Definition> {
  const all = new Set(named)
  for (const one of all) for (const more of servedAlong(one)) all.add(more)
  return all
}

/** A `once` tool runs in a process of its own: the child must be able to load it. */
export function checkIsolation(definitions: ReadonlyMap<string, Definition>, configModule: string | null): void {
  for (const { name, tools } of definitions.values()) {
    for (const spec of tools.values()) {
      if (spec.isolate === 'none' || spec.module !== null || configModule !== null) continue
      throw new MidwatchError(
        'invalid_definition',
        `'${name}': tool '${spec.name}' is \`once\` and runs in a process of its own. Say where it stands (module: import.meta.url), or isolate: 'none'.`,
      )
    }
  }
}
