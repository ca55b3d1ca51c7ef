import { MidwatchError } from '../core/errors.js'
import type { Definition } from '../orchestrator/definition.js'
import { Unreachable } from '../tools/mcp/connection.js'
import { connectionTo, joinServers } from '../tools/mcp/connections.js'
import type { Secrets } from '../tools/secrets.js'
import type { ToolSpec } from '../tools/tool.js'

/** A server is one for all tenants; its secrets are asked for as those of this one. */
const TENANT = 'default'

export function toolsOf(definitions: Iterable<Definition>): ToolSpec[] {
  return [...new Set([...definitions].flatMap(({ tools }) => [...tools.values()]))]
}

/** Throws `mcp_not_pinned` for tools that nobody has accepted: what they would tell a model has been seen by nobody. */
export function checkPins(specs: readonly ToolSpec[]): void {
  const open = specs.flatMap(({ mcp }) => (mcp?.pin === 'lockfile' && mcp.pinned === null ? [mcp] : []))
  if (open.length === 0) return
  const names = [...new Set(open.map(({ server, tool }) => `${server.name}.${tool}`))]
  throw new MidwatchError(
    'mcp_not_pinned',
    `Not yet accepted: ${names.join(', ')}. 'midwatch mcp pin' asks their servers, shows what they say and writes ${open[0]?.pinFile}.`,
  )
}

/**
 * Lends the servers of MCP tools what they need of this runtime, and says how to take leave. Those of these tools that are not
 * pinned are asked now for what they are: throws `mcp_unreachable` where one is away.
 */
export async function joinMcp(
  specs: readonly ToolSpec[],
  secrets: Secrets,
  alarm: (what: string) => void,
): Promise<() => Promise<void>> {
  const secret = (name: string) => secrets.resolve(name, TENANT)
  const leave = joinServers({ secret, alarm, conceal: secrets.concealText })
  try {
    for (const { mcp } of specs) if (mcp?.pin === 'off') await connectionTo(mcp.server).open()
    return leave
  } catch (error) {
    await leave()
    if (!(error instanceof Unreachable)) throw error
    throw new MidwatchError(
      'mcp_unreachable',
      `A server whose tools are not pinned must answer when the runtime starts: ${error.message}`,
      { cause: error },
    )
  }
}
