import { definitionNamed } from '../runtime/named.js'
import type { MidwatchOptions } from '../runtime.js'

type Startable = MidwatchOptions['run'][number]

/** The agent or flow that a person named: `refund-desk`, or `refund-desk@2`; of several versions the newest. Throws `unknown_agent`. */
export function findStartable(options: MidwatchOptions, named: string): Startable {
  const [name = '', version] = named.split('@')
  const definitions = options.run.map(({ definition }) => definition)
  const wanted = version === undefined ? null : Number(version)
  const definition = definitionNamed(definitions, name, wanted, 'The config')
  return options.run[definitions.indexOf(definition)] as Startable
}
