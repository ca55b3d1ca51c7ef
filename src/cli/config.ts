import { existsSync } from 'node:fs'
import { register as registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MidwatchError } from '../core/errors.js'

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

let enabled = false

/** Teaches this process TypeScript, and that `midwatch` is the copy now running: a second copy would have classes and registries of its own. */
async function enableTypeScript(): Promise<void> {
  if (enabled) return
  enabled = true
  const isSource = import.meta.url.endsWith('.ts')
  // Running from sources means that a TypeScript loader is at work already.
  if (!isSource) (await import('tsx/esm/api')).register()
  const copy = (path: string) => new URL(`${path}.${isSource ? 'ts' : 'js'}`, import.meta.url).href
  registerHooks(`data:text/javascript,${encodeURIComponent(HOOKS)}`, {
    data: {
      midwatch: copy('../index'),
      'midwatch/testing': copy('../testing/index'),
    },
  })
}

/**
 * Loader hooks run on their own thread, as a module of their own. TypeScript is taken as ES modules even in a package
 * without `"type": "module"`: as CommonJS it would `require` a second copy of `midwatch`, past these hooks.
 */
const HOOKS = `
let pinned = {}
export const initialize = (data) => { pinned = data }
export const resolve = async (specifier, context, next) => {
  if (Object.hasOwn(pinned, specifier)) return { url: pinned[specifier], format: 'module', shortCircuit: true }
  const found = await next(specifier, context)
  return found.format?.startsWith('commonjs') && /[.]tsx?([?]|$)/.test(found.url) ? { ...found, format: 'module' } : found
}
`
