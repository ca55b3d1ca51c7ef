import type { Import } from './imports.js'

const ORCHESTRATOR_AND_BELOW = ['orchestrator', 'tools', 'models', 'govern', 'ledger', 'core']

/** What each layer of `src/` may import, itself apart. A layer is a folder, or a file at the root of `src/`. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  govern: ['core'],
  ledger: ['core'],
  tools: ['govern', 'ledger', 'core'],
  models: ['govern', 'ledger', 'core'],
  orchestrator: ['tools', 'models', 'govern', 'ledger', 'core'],
  services: ['orchestrator', 'govern', 'ledger', 'core'],
  testing: ['models', 'ledger', 'core'],
  rehearse: ['testing', 'services', ...ORCHESTRATOR_AND_BELOW],
  runtime: ['services', ...ORCHESTRATOR_AND_BELOW],
  http: ['runtime', 'core'],
  otel: ['runtime', 'core'],
  cli: ['http', 'otel', 'rehearse', 'runtime', 'core'],
  index: ['http', 'otel', 'cli', 'rehearse', 'testing', 'runtime', 'services', ...ORCHESTRATOR_AND_BELOW],
}

const PUBLIC_SURFACE = new Set(['midwatch', 'midwatch/testing', 'midwatch/rehearse'])
/** The pure layers compute; these packages do too. */
const PURE_LAYERS = new Set(['core', 'govern'])
const PURE_PACKAGES = new Set(['node:crypto', 'uuid', 'canonicalize'])

/** `src/core/a.ts` is of layer core, `src/runtime.ts` of layer runtime. */
function layerOf(path: string): string | undefined {
  return /^src\/([^/.]+)/.exec(path)?.[1]
}

/** Every import that the table does not allow, as `path:line …`. */
export function forbiddenImports(imports: readonly Import[]): string[] {
  return imports.flatMap((one) => {
    const why = faultOf(one)
    return why ? [`${one.from}:${one.line} imports ${one.specifier}: ${why}`] : []
  })
}

function faultOf(one: Import): string | undefined {
  const layer = layerOf(one.from)
  if (layer !== undefined) return faultInSource(layer, one)
  const top = one.from.split('/')[0]
  if (top === 'examples') return faultOutside(one, top, [])
  if (top === 'bench') return faultOutside(one, top, ['src/ledger/'])
  if (top === 'console') return faultOutside(one, top, ['src/http/'])
  return undefined
}

function faultInSource(layer: string, { file, specifier }: Import): string | undefined {
  const allowed = Object.hasOwn(ALLOWED, layer) ? ALLOWED[layer] : undefined
  if (!allowed) return `${layer} is no layer of the table`
  if (file === undefined) return faultInPackage(layer, specifier)
  const target = layerOf(file)
  if (target === undefined) return `${layer} may not leave src/`
  return target === layer || allowed.includes(target) ? undefined : `${layer} may not import ${target}`
}

function faultInPackage(layer: string, specifier: string): string | undefined {
  if (PUBLIC_SURFACE.has(specifier)) return 'src/ may not import its own surface'
  return PURE_LAYERS.has(layer) && !PURE_PACKAGES.has(specifier) ? `${layer} is pure` : undefined
}

function faultOutside({ file, specifier }: Import, top: string, folders: readonly string[]): string | undefined {
  if (file === undefined) {
    return specifier.startsWith('midwatch') && !PUBLIC_SURFACE.has(specifier) ? 'not of the public surface' : undefined
  }
  const inside = [`${top}/`, ...folders].some((folder) => file.startsWith(folder))
  return inside ? undefined : `${top} may only reach ${[...PUBLIC_SURFACE, ...folders].join(', ')}`
}
