import { fileURLToPath } from 'node:url'
import { agent, allow, escalate, mcpTools, tool } from 'midwatch'
import { scriptedModel } from 'midwatch/testing'
import { z } from 'zod'
import { onCall } from './on-call.js'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** How often each service was restarted: in real life an orchestrator's API. */
export const restarts = new Map<string, number>()

const restart = tool({
  name: 'restart',
  description: 'Restarts a service.',
  input: z.object({ service: z.string() }),
  effect: 'once',
  isolate: 'none',
  timeout: '5s',
  locks: ({ service }) => `service:${service}`,
  execute: async ({ service }) => {
    restarts.set(service, (restarts.get(service) ?? 0) + 1)
    return { restarted: service }
  },
})

/** An agent that looks through somebody else's MCP server and may restart services, databases only with a person. */
export function triageWith(env: Readonly<Record<string, string>> = {}) {
  const logs = mcpTools(
    { name: 'logs', command: process.execPath, args: [here('logs-server.mjs')], env },
    {
      allow: ['list_alerts', 'query_logs'],
      effects: { list_alerts: 'read', query_logs: 'read' },
      pinFile: here('midwatch.mcp.json'),
    },
  )
  const model = scriptedModel({ replies: onCall })
  return agent({
    name: 'triage',
    version: 1,
    model,
    input: z.object({ alert: z.string() }),
    outcome: z.object({ cause: z.string() }),
    instructions: 'Find the cause of the alert. Restart a service only when its logs say that this helps.',
    tools: [restart, ...logs],
    rules: {
      restart: ({ service }, run) =>
        service === 'db' || run.signals.includes('same_call')
          ? escalate({ to: 'sre', within: '10m', otherwise: 'hand_over' })
          : allow(),
    },
    ceilings: { run: { steps: 12, usd: '$0.10' } },
  })
}
