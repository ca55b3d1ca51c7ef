import { MidwatchError } from '../core/errors.js'
import type { Definition } from '../orchestrator/definition.js'

/** The agent or flow of a name; of several versions the one that is asked for, else the newest. Throws `unknown_agent`. */
export function definitionNamed(
  definitions: readonly Definition[],
  name: string,
  version: number | null,
  where: string,
): Definition {
  const found = definitions
    .filter((one) => one.name === name && (version ?? one.version) === one.version)
    .sort((a, b) => b.version - a.version)[0]
  if (found) return found
  const known = definitions.map((one) => `${one.name}@${one.version}`)
  const asked = version === null ? name : `${name}@${version}`
  throw new MidwatchError('unknown_agent', `${where} has no '${asked}'; it has ${known.join(', ') || 'none at all'}.`)
}
