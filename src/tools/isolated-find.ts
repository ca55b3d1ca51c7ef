import { shapeOf } from './isolated-wire.js'
import type { ToolSpec } from './tool.js'

export type Search =
  | { readonly spec: ToolSpec }
  | { readonly missing: 'isolated_tool_not_found' | 'isolated_tool_ambiguous' }

/**
 * The tool, or undo of one, of this name and shape among what a module exports: tools, arrays of them, agents, and the agents of a
 * config's `run`. Two tools that only their closures tell apart are refused: the wrong one might act.
 */
export function findTool(exports: Readonly<Record<string, unknown>>, name: string, shape: string): Search {
  const found = new Set<ToolSpec>()
  for (const value of Object.values(exports)) {
    for (const spec of specsIn(value)) if (spec.name === name && shapeOf(spec) === shape) found.add(spec)
  }
  const [spec, other] = found
  if (spec === undefined) return { missing: 'isolated_tool_not_found' }
  return other === undefined ? { spec } : { missing: 'isolated_tool_ambiguous' }
}

/** Read by their looks: the classes and types of another copy of this package are as good. */
function specsIn(value: unknown): ToolSpec[] {
  if (Array.isArray(value)) return value.flatMap(specsIn)
  if (typeof value !== 'object' || value === null) return []
  const { spec, definition, run } = value as { spec?: unknown; definition?: { tools?: unknown }; run?: unknown }
  const tools = definition?.tools instanceof Map ? [...definition.tools.values()] : []
  const listed = Array.isArray(run) ? run.flatMap(specsIn) : []
  const found = [...(isSpec(spec) ? [spec] : []), ...tools.filter(isSpec)]
  return [...found, ...found.flatMap(({ undo }) => (typeof undo === 'object' ? [undo] : [])), ...listed]
}

function isSpec(value: unknown): value is ToolSpec {
  const spec = (typeof value === 'object' && value !== null ? value : {}) as Partial<ToolSpec>
  return typeof spec.name === 'string' && typeof spec.execute === 'function' && typeof spec.jsonSchema === 'object'
}
