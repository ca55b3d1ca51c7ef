import { type ChildProcess, fork } from 'node:child_process'
import { createRequire, register } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Running from sources means that a TypeScript loader is at work already. */
const SOURCE = import.meta.url.endsWith('.ts')
const SURFACES = { midwatch: 'index', 'midwatch/testing': 'testing/index', 'midwatch/rehearse': 'rehearse/index' }

/**
 * Loader hooks run on their own thread, as a module of their own. TypeScript is taken as ES modules even in a package
 * without `"type": "module"`: as CommonJS it would `require` a second copy of `midwatch`, past these hooks. What tsx means
 * to read as CommonJS it names by a URL of its own, with its mark behind the path.
 */
const HOOKS = `
let pinned = {}
export const initialize = (data) => { pinned = data }
export const resolve = async (specifier, context, next) => {
  if (Object.hasOwn(pinned, specifier)) return { url: pinned[specifier], format: 'module', shortCircuit: true }
  const found = await next(specifier, context)
  const url = found.url.replace(/%3Ftsx-commonjs-.*$/, '')
  return found.format?.startsWith('commonjs') && /[.]tsx?([?]|$)/.test(url) ? { ...found, url, format: 'module' } : found
}
`

/** Options of Node by which others may stand between it and a module. */
const LOADS = /(^|\s)(-r|--(require|import|loader|experimental-loader))\b/

const ownUrl = (path: string): string => new URL(`../${path}.${SOURCE ? 'ts' : 'js'}`, import.meta.url).href

let taught: Promise<void> | null = null

/** From now on `midwatch` is the copy now running, wherever a module lies: a second copy would have classes and registries of its own. */
function pinOwnCopy(): void {
  const data = Object.fromEntries(Object.entries(SURFACES).map(([name, path]) => [name, ownUrl(path)]))
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data })
}

/**
 * Whether modules of this process may come through a loader, such as one of TypeScript: what has been loaded here, elsewhere
 * Node alone might not load.
 */
export function hasLoader(): boolean {
  const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  return SOURCE || taught !== null || 'VITEST' in process.env || LOADS.test(options)
}

/** Whether `midwatch` is the copy now running for a module as it stands, without a hook. */
export function seesOwnCopy(module: string): boolean {
  const packageOf = (from: string) => createRequire(from).resolve('midwatch/package.json')
  try {
    return packageOf(module) === packageOf(import.meta.url)
  } catch {
    return false
  }
}

/** Lets this process import TypeScript, on every supported Node, with `midwatch` as the copy now running. */
export function enableTypeScript(): Promise<void> {
  taught ??= (SOURCE ? Promise.resolve() : loadLoader()).then(pinOwnCopy)
  return taught
}

/** Through the loader every module takes several times as long: what files of users import first of all is here before it. */
async function loadLoader(): Promise<void> {
  await import(ownUrl(SURFACES.midwatch))
  const { register: load } = await import('tsx/esm/api')
  load()
}

/** What Node is given to run a module of this package that needs nothing but Node; from sources with the loader. */
export function ownModule(module: URL): string[] {
  if (!SOURCE) return [fileURLToPath(module)]
  return ['--import', loaderUrl(), fileURLToPath(new URL(module.href.replace(/\.js$/, '.ts')))]
}

const loaderUrl = (): string => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/**
 * A process that runs a module of this package, `.js` beside the caller; `enableTypeScript` there lets it import files of users.
 * In a group of its own: Ctrl-C at a terminal reaches its parent alone, which decides what becomes of it.
 */
export function forkOwn(module: URL, argv: readonly string[], how: Forked = {}): ChildProcess {
  const entry = SOURCE ? new URL(module.href.replace(/\.js$/, '.ts')) : module
  const { heapMb, youngMb, condition, env = process.env, cwd, streams = 'pipe', through = [] } = how
  const [command = process.execPath, ...before] = through.length === 0 ? [] : [...through, process.execPath]
  return fork(entry, [...argv], {
    detached: process.platform !== 'win32',
    execPath: command,
    execArgv: [
      ...before,
      ...(heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`]),
      ...(youngMb === undefined ? [] : [`--min-semi-space-size=${youngMb / 2}`, `--max-semi-space-size=${youngMb}`]),
      ...(condition === undefined ? [] : [`--conditions=${condition}`]),
      ...(SOURCE ? ['--import', loaderUrl()] : []),
    ],
    env,
    ...(cwd !== undefined && { cwd }),
    serialization: 'advanced',
    stdio: ['ignore', streams, streams, 'ipc'],
  })
}

/** What a process of this package is given beyond its arguments. */
interface Forked {
  readonly heapMb?: number
  /** Room for what is short-lived: the more, the less often it is cleared away. Twice as much memory is taken at most. */
  readonly youngMb?: number
  /** By which `exports` of packages are chosen there, before the usual ones. */
  readonly condition?: string
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** A command that sets what holds for it, and becomes it. */
  readonly through?: readonly string[]
  /** Whether its parent reads what it prints, or it prints where its parent does. */
  readonly streams?: 'pipe' | 'inherit'
}
