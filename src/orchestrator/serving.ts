import type { Pin } from '../core/serving.js'
import { keyOfPin, servesAny, servesKey } from '../core/serving.js'
import type { Definition } from './definition.js'

/** What a worker of these definitions tells the ledger that it serves: each exactly, and the versions that they accept. */
export function servedBy(definitions: Iterable<Definition>): string[] {
  const found = new Set<string>()
  for (const definition of definitions) {
    const { name, accepts } = definition
    found.add(servesKey(definition))
    for (const version of accepts) found.add(servesAny({ name, version }))
  }
  return [...found]
}

/** The code for a run of this pin: its own where it is here, else the oldest that accepts its version, which is likest to it. */
export function definitionFor(serves: ReadonlyMap<string, Definition>, pin: Pin): Definition | undefined {
  const own = serves.get(keyOfPin(pin))
  if (own) return own
  return [...serves.values()]
    .filter(({ name, accepts }) => name === pin.agent && accepts.includes(pin.version))
    .sort((a, b) => a.version - b.version)[0]
}
