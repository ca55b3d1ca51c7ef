import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { MidwatchError } from '../core/errors.js'
import { enableTypeScript } from '../tools/own-copy.js'
import type { Scenario } from './scenario.js'

/** A scenario and the file that exports it. */
export interface Loaded {
  readonly scenario: Scenario
  readonly file: string
}

/**
 * The scenarios that files export, each alone or in an array, under any name. Absolute paths; TypeScript is read.
 * @throws MidwatchError `invalid_rehearsal`; one of the definitions themselves passes unchanged
 */
export async function loadScenarios(files: readonly string[]): Promise<Loaded[]> {
  await enableTypeScript()
  const found = new Map<Scenario, Loaded>()
  for (const file of files) {
    for (const scenario of await scenariosOf(file)) found.set(scenario, { scenario, file })
  }
  const loaded = [...found.values()]
  const twice = loaded.find(({ scenario: { name } }, at) =>
    loaded.slice(0, at).some((one) => one.scenario.name === name),
  )
  if (twice)
    throw invalid(twice.file, `a second scenario is called '${twice.scenario.name}'; give each a name of its own`)
  return loaded
}

async function scenariosOf(file: string): Promise<Scenario[]> {
  if (!existsSync(file)) throw invalid(file, 'there is no such file')
  const exported = Object.values(await evaluate(file))
    .flat()
    .filter(isScenario)
  if (exported.length === 0) throw invalid(file, "it exports no scenario; write 'export default scenario({ … })'")
  return exported
}

async function evaluate(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (cause) {
    if (cause instanceof MidwatchError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MidwatchError('invalid_rehearsal', `${file} could not be loaded: ${reason}`, { cause })
  }
}

/** By its looks: it may have been made by another copy of this package. */
function isScenario(value: unknown): value is Scenario {
  const { name, options } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Scenario>
  return typeof name === 'string' && typeof options === 'object' && Array.isArray(options?.stories)
}

function invalid(file: string, why: string): MidwatchError {
  return new MidwatchError('invalid_rehearsal', `${file}: ${why}.`)
}
