import type { CallToolResult, Client } from '@modelcontextprotocol/client'
import type { EffectClass } from '../../core/states.js'
import { fault, ToolFault } from '../fault.js'
import { after, now } from '../moment.js'
import { outputOf, textOf } from './answer.js'
import type { Live, McpConnection } from './connection.js'
import { connectionTo } from './connections.js'
import { haltOf } from './halt.js'
import { isSessionOver, knownFault } from './known-fault.js'
import type { McpSource } from './source.js'
import { NotSent, UNTIL } from './stdio-transport.js'

/** One attempt, as far as it matters here; the fields are those of every tool's call. */
interface Attempt {
  readonly key: string
  readonly fence: bigint
  readonly attempt: number
  readonly signal: AbortSignal
  readonly deadline: Date
  readonly runId: string
  readonly traceparent?: string
  readonly tracestate?: string
}

/** How a tool of a server is called. */
export interface Manner {
  readonly effect: EffectClass
  /** What `isError` of a write says: nobody knows, or that it did not act. */
  readonly errors: 'in_doubt' | 'not_performed'
  /** The argument that takes the idempotency key; null: it travels in `_meta` alone. */
  readonly keyArgument: string | null
  /** What becomes of a server process that has not answered at the bound. */
  readonly overdue: 'kill' | 'cancel'
}

/** Part of an attempt's time that a server may take to start. */
const START_SHARE = 0.8

/**
 * Calls a tool once. Throws a `ToolFault` where it is known not to have acted, and where it said so; anything else that it
 * throws leaves a write in doubt.
 */
export async function callTool(source: McpSource, how: Manner, input: object, call: Attempt): Promise<unknown> {
  const connection = connectionTo(source.server)
  return connection.during(async () => {
    const first = await reached(connection, call)
    try {
      return answerOf(await send(source, how, first, input, call), source, how)
    } catch (error) {
      if (error instanceof NotSent) await connection.drop(first)
      if (source.server.kind !== 'http' || !isSessionOver(error)) throw knownFault(error)
      // The session is over and this call was not taken in: once more in a new one, within the same bound.
      await connection.drop(first)
      const again = await reached(connection, call)
      const result = await send(source, how, again, input, call).catch((why) => Promise.reject(knownFault(why)))
      return answerOf(result, source, how)
    }
  })
}

/** The server, started where it must be; given up while there is still time to say that nothing was sent. */
async function reached(connection: McpConnection, { deadline, signal }: Attempt): Promise<Live> {
  const leftMs = Math.max(0, deadline.getTime() - Date.now()) * START_SHARE
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const give = () => reject(fault.notPerformed('mcp_unreachable', { say: 'It was not started in time.' }))
    timer = setTimeout(give, leftMs)
    signal.addEventListener('abort', give, { once: true })
  })
  try {
    return await Promise.race([connection.open(), late])
  } catch (error) {
    throw knownFault(error)
  } finally {
    clearTimeout(timer)
  }
}

function send(source: McpSource, how: Manner, live: Live, input: object, call: Attempt): Promise<CallToolResult> {
  const halt = haltOf(source, live)
  if (halt) throw fault.permanent(halt.rule, { say: halt.say })
  const { signal, key, fence, attempt, runId, traceparent, tracestate } = call
  const leftMs = call.deadline.getTime() - Date.now()
  if (signal.aborted || leftMs <= 0) throw fault.notPerformed('too_late')
  const isBound = how.overdue === 'kill' && source.server.kind === 'stdio'
  const _meta = {
    'midwatch/run': runId,
    'midwatch/fence': String(fence),
    'midwatch/attempt': attempt,
    ...(key !== '' && { 'midwatch/key': key }),
    // As headers are named: what the protocol's own servers look for.
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    ...(isBound && { [UNTIL]: after(now(), leftMs) }),
  }
  const args = how.keyArgument === null || key === '' ? { ...input } : { ...input, [how.keyArgument]: key }
  const listed = live.tools.get(source.tool)?.listed
  // Told of the tool, the client neither sends a call twice nor takes a misshapen answer for a refusal.
  const toolDefinition = { ...listed, outputSchema: undefined } as Parameters<Client['callTool']>[1] extends infer O
    ? NonNullable<O> extends { toolDefinition?: infer T }
      ? T
      : never
    : never
  const params = { name: source.tool, arguments: args as Record<string, unknown>, _meta }
  return live.client.callTool(params, { signal, timeout: leftMs + LATE_MS, ...(toolDefinition && { toolDefinition }) })
}

/** Beyond the attempt's own bound, which is what ends it. */
const LATE_MS = 1_000

function answerOf(result: CallToolResult, { tool }: McpSource, { effect, errors }: Manner): unknown {
  if (!result.isError) return outputOf(result)
  const say = textOf(result.content)
  if (effect === 'read' || errors === 'not_performed') throw new ToolFault('permanent', 'mcp_tool_error', null, { say })
  throw new Error(`${tool} answered with an error: ${say}`)
}
