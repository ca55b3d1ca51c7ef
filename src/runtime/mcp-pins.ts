import type { EffectClass } from '../core/states.js'
import { Unreachable } from '../tools/mcp/connection.js'
import { connectionTo, declaredSources } from '../tools/mcp/connections.js'
import { driftOf, type ToolPin } from '../tools/mcp/pin.js'
import { type Pins, readPins, writePins } from '../tools/mcp/pin-file.js'
import type { McpSource } from '../tools/mcp/source.js'
import { type SecretSource, Secrets } from '../tools/secrets.js'
import { joinMcp } from './mcp.js'

/** A tool of an MCP server: what was accepted of it, and what its server says now. */
export interface McpView {
  readonly server: string
  readonly tool: string
  readonly state: 'new' | 'accepted' | 'changed' | 'gone' | 'unreachable' | 'not_pinned'
  /** What changed, or why its server cannot be reached. */
  readonly what: readonly string[]
  readonly effect: EffectClass
  /** Where the class comes from. */
  readonly by: 'you' | 'hint' | 'default'
  readonly before: ToolPin | null
  readonly now: ToolPin | null
  readonly pinFile: string
}

/** Every MCP tool that this process has defined, as it was accepted; no server is asked. */
export function pinnedTools(): McpView[] {
  return inOrder(declaredSources().map((source) => viewOf(source, pinIn(source))))
}

/** The same, beside what the servers say now: they are asked with these secrets, and let go again. */
export async function surveyedTools(
  source: SecretSource | undefined,
  alarm: (what: string) => void,
): Promise<McpView[]> {
  const leave = await joinMcp([], new Secrets(source), alarm)
  try {
    return inOrder(await Promise.all(declaredSources().map(surveyed)))
  } finally {
    await leave()
  }
}

async function surveyed(source: McpSource): Promise<McpView> {
  const before = pinIn(source)
  try {
    const now = (await connectionTo(source.server).open()).tools.get(source.tool)?.pin ?? null
    return viewOf(source, before, { now })
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    return viewOf(source, before, { unreachable: error.message })
  }
}

/** The file as it is now: it may have been written since the tools were defined. */
function pinIn({ pinFile, server, tool }: McpSource): ToolPin | null {
  const tools = readPins(pinFile)[server.name] ?? {}
  return Object.hasOwn(tools, tool) ? (tools[tool] ?? null) : null
}

type Asked = { readonly now: ToolPin | null } | { readonly unreachable: string }

function viewOf(source: McpSource, before: ToolPin | null, asked?: Asked): McpView {
  const now = asked && 'now' in asked ? asked.now : null
  const { effect, by } = source.classed((now ?? before)?.annotations ?? {})
  const { server, tool, pinFile } = source
  return { server: server.name, tool, ...stateOf(source, before, asked), effect, by, before, now, pinFile }
}

function stateOf(source: McpSource, before: ToolPin | null, asked: Asked | undefined): Pick<McpView, 'state' | 'what'> {
  if (asked && 'unreachable' in asked) return { state: 'unreachable', what: [asked.unreachable] }
  if (source.pin === 'off') return { state: 'not_pinned', what: [] }
  if (before === null) return { state: asked && asked.now === null ? 'gone' : 'new', what: [] }
  const drift = asked ? driftOf(before, asked.now ?? undefined) : null
  if (drift === null) return { state: 'accepted', what: [] }
  return { state: drift.what, what: drift.what === 'changed' ? drift.parts : [] }
}

function inOrder(views: McpView[]): McpView[] {
  const nameOf = ({ server, tool }: McpView) => `${server}.${tool}`
  return views.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** Writes down what these servers say now; what is gone loses its place. Gives the files that changed. */
export function accept(views: readonly McpView[]): string[] {
  const files = [...new Set(views.map(({ pinFile }) => pinFile))]
  for (const file of files) {
    const pins: Record<string, Record<string, ToolPin>> = copyOf(readPins(file))
    for (const { server, tool, now } of views.filter((view) => view.pinFile === file)) {
      const { [tool]: _, ...others } = pins[server] ?? {}
      pins[server] = now === null ? others : { ...others, [tool]: now }
    }
    writePins(file, pins)
  }
  return files
}

const copyOf = (pins: Pins) => Object.fromEntries(Object.entries(pins).map(([server, tools]) => [server, { ...tools }]))
