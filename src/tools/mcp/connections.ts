import { type ConnectionPorts, McpConnection } from './connection.js'
import type { KnownServer } from './server.js'
import type { McpSource } from './source.js'

/** Connections of this process, by server: two agents, or two runtimes, that name the same one share it. */
const connections = new Map<string, McpConnection>()
/** The runtimes of this process, the oldest first: it lends its secrets. */
const runtimes = new Set<ConnectionPorts>()
/** Every tool that was defined here, by server and name: of what a flow calls nothing else is known before it runs. */
const declared = new Map<string, McpSource>()

const UNOWNED: ConnectionPorts = {
  secret: async (name) => process.env[name] ?? '',
  alarm: (what) => void process.stderr.write(`midwatch: ${what}\n`),
  conceal: (text) => text,
}

const lent = (): ConnectionPorts => runtimes.values().next().value ?? UNOWNED
const PORTS: ConnectionPorts = {
  secret: (name) => lent().secret(name),
  conceal: (text) => [...runtimes].reduce((clean, runtime) => runtime.conceal(clean), text),
  alarm: (what) => {
    for (const runtime of runtimes.size > 0 ? runtimes : [UNOWNED]) runtime.alarm(what)
  },
}

/** The connection to a server; nothing is started by asking for it. */
export function connectionTo(server: KnownServer): McpConnection {
  const known = connections.get(server.id) ?? new McpConnection(server, PORTS)
  connections.set(server.id, known)
  return known
}

/** A runtime that uses servers says so, and leaves when it stops: with the last of them go the servers. */
export function joinServers(ports: ConnectionPorts): () => Promise<void> {
  const own = { ...ports }
  runtimes.add(own)
  return async () => {
    if (runtimes.delete(own) && runtimes.size === 0) await closeServers()
  }
}

/** Stops every server; the next use of one starts it again. */
export async function closeServers(): Promise<void> {
  const open = [...connections.values()]
  connections.clear()
  await Promise.all(open.map((one) => one.close()))
}

/** The definition that came last counts: a file may be read again. */
export function declare(source: McpSource): void {
  declared.set(`${source.server.name}\n${source.tool}`, source)
}

export function declaredSources(): McpSource[] {
  return [...declared.values()]
}
