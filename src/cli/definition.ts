import { MidwatchError } from '../core/errors.js'
import type { MidwatchOptions } from '../runtime.js'

type Startable = MidwatchOptions['run'][number]

/** The agent or flow that a person named: `refund-desk`, or `refund-desk@2`; of several versions the newest. Throws `unknown_agent`. */
export function findStartable(options: MidwatchOptions, named: string): Startable {
  const [name, version] = named.split('@')
  const found = options.run
    .filter(
      ({ definition }) =>
        definition.name === name && (version ?? String(definition.version)) === String(definition.version),
    )
    .sort((a, b) => b.definition.version - a.definition.version)[0]
  if (found) return found
  const known = options.run.map(({ definition }) => `${definition.name}@${definition.version}`)
  throw new MidwatchError('unknown_agent', `The config has no '${named}'; it has ${known.join(', ') || 'none at all'}.`)
}
