// An MCP server as an observability team would run it: alerts and logs, read only. LOGS_SAY changes what it says of itself.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

const ALERTS = [
  { service: 'checkout', says: 'p99 above 4 s' },
  { service: 'db', says: 'replica lag above 60 s' },
]
/** @type {Record<string, string[]>} */
const LOGS = { checkout: ['pool exhausted', 'pool exhausted'], db: ['vacuum of orders takes long'] }
/** @param {unknown} value */
const text = (value) => ({ content: [{ type: /** @type {const} */ ('text'), text: JSON.stringify(value) }] })

const server = () => {
  const made = new McpServer({ name: 'logs', version: '1.0.0' })
  const read = { annotations: { readOnlyHint: true } }
  made.registerTool(
    'list_alerts',
    { description: 'Alerts that are open.', inputSchema: z.object({}), ...read },
    async () => text(ALERTS),
  )
  const description = process.env.LOGS_SAY ?? 'The last log lines of a service.'
  const inputSchema = z.object({ service: z.string() })
  made.registerTool('query_logs', { description, inputSchema, ...read }, async ({ service }) =>
    text(LOGS[service] ?? []),
  )
  return made
}

serveStdio(server)
