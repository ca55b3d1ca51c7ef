import type { Live } from './connection.js'
import { connectionTo } from './connections.js'
import { type Drift, driftOf } from './pin.js'
import type { Halt, McpSource } from './source.js'

/** What operators were told of in this process, each once. */
const told = new Set<string>()

/** Why a tool is stopped by what its server says now; null where it says what was accepted. Operators are told once. */
export function haltOf(source: McpSource, { tools }: Pick<Live, 'tools'>): Halt | null {
  const { server, tool, pinned, pin } = source
  if (pin === 'off') return null
  if (pinned === null) {
    const say = `Nobody has accepted what the MCP server '${server.name}' says of '${tool}' yet: midwatch mcp pin. Nothing was done.`
    return { rule: 'mcp_not_pinned', say }
  }
  const live = tools.get(tool)?.pin
  const drift = driftOf(pinned, live)
  if (drift === null) return null
  const what = saidOf(drift)
  const news = [server.id, tool, live?.fingerprint ?? 'gone'].join()
  if (!told.has(news)) {
    told.add(news)
    connectionTo(server).ports.alarm(
      `The MCP server '${server.name}' ${what} '${tool}'. The tool is stopped. Look at it with 'midwatch mcp pin'; 'midwatch mcp accept ${server.name}.${tool}' lets it go on.`,
    )
  }
  const say = `The MCP server '${server.name}' ${what} '${tool}' since that was accepted. Nothing was done; it is stopped until an operator accepts it.`
  return { rule: drift.what === 'gone' ? 'mcp_gone' : 'mcp_changed', say }
}

function saidOf(drift: Drift): string {
  return drift.what === 'gone' ? 'has no more' : `has changed the ${drift.parts.join(' and the ')} of`
}

/** Looks before a call is begun. A server that is away stops nothing here: its call will say so. */
export async function haltBefore(source: McpSource): Promise<Halt | null> {
  const connection = connectionTo(source.server)
  if (source.pin === 'off' || connection.falling) return null
  const live = await connection.open().catch(() => null)
  return live === null ? null : haltOf(source, live)
}
