import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MidwatchError } from '../core/errors.js'
import { enableTypeScript } from '../runtime/own-copy.js'

const NAMES = ['midwatch.config.ts', 'midwatch.config.mts', 'midwatch.config.mjs', 'midwatch.config.js']

/** What `defineConfig` was given, unread: the composition root validates it. */
export type LoadedConfig = Readonly<Record<string, unknown>>

/**
 * Loads the project's config (TypeScript on every supported Node) and gives its default export.
 * @param folder where `midwatch.config.ts` is looked for
 * @param file another file, relative to `folder`
 * @throws MidwatchError `invalid_config`; a `MidwatchError` of the definitions themselves passes unchanged
 */
export async function loadConfig(folder: string, file?: string): Promise<LoadedConfig> {
  const path = configPath(folder, file)
  if (path === null) throw missing(folder, file)
  await enableTypeScript()
  const exported = await evaluate(path)
  if (typeof exported !== 'object' || exported === null) {
    throw new MidwatchError(
      'invalid_config',
      `${path} has no default export: add 'export default defineConfig({ … })'.`,
    )
  }
  return exported as LoadedConfig
}

/** Where the config is, or null. */
export function configPath(folder: string, file?: string): string | null {
  const candidates = (file === undefined ? NAMES : [file]).map((name) => resolve(folder, name))
  return candidates.find((path) => existsSync(path)) ?? null
}

function missing(folder: string, file: string | undefined): MidwatchError {
  const what = file === undefined ? `There is no ${NAMES[0]} in ${folder}` : `${resolve(folder, file)} is not there`
  return new MidwatchError('invalid_config', `${what}: create it, or name another file with --config.`)
}

async function evaluate(path: string): Promise<unknown> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(path).href)
    return module.default
  } catch (cause) {
    if (cause instanceof MidwatchError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MidwatchError('invalid_config', `${path} could not be loaded: ${reason}`, { cause })
  }
}
