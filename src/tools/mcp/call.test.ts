import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { callTool, type Manner } from './call.js'
import { closeServers, joinServers } from './connections.js'
import { knownServer } from './server.js'
import type { McpSource } from './source.js'

/** What the server does with the next call: once each, then it answers. */
let plan: ('expired' | 'fails' | 'busy' | 'cuts' | 'refuses' | 'hangs' | 'asks')[] = []
const acts: { key: unknown; token: unknown; session: unknown }[] = []
let sessions = 0

/** A server of the revision of 2025, as small as it can be. */
const http = createServer(async (request, response) => {
  if (request.method !== 'POST') return void response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
  const message = JSON.parse(await bodyOf(request))
  const say = (result: object, headers = {}) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...result }))
  }
  if (message.id === undefined) return void response.writeHead(202).end()
  if (message.method === 'initialize') {
    sessions += 1
    const serverInfo = { name: 'far', version: '1' }
    const result = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo }
    return say({ result }, { 'mcp-session-id': `s${sessions}` })
  }
  if (message.method === 'tools/list')
    return say({ result: { tools: [{ name: 'ring', inputSchema: { type: 'object' } }] } })
  if (message.method !== 'tools/call') return say({ error: { code: -32_601, message: 'no such method' } })
  return called(request, response, message, say)
})

function called(
  request: IncomingMessage,
  response: ServerResponse,
  { params }: { params: { _meta: Record<string, unknown> } },
  say: (result: object) => void,
): void {
  const next = plan.shift()
  if (next === 'expired') return void response.writeHead(404).end()
  if (next === 'busy') return void response.writeHead(429).end()
  if (next === 'refuses') return void say({ error: { code: -32_602, message: 'no such bell' } })
  const { authorization: token, 'mcp-session-id': session } = request.headers
  acts.push({ key: params._meta['midwatch/key'], token, session })
  if (next === 'hangs') return
  if (next === 'fails') return void response.writeHead(500).end()
  if (next === 'cuts') {
    response.destroy()
    return
  }
  say({ result: { content: [{ type: 'text', text: 'rang' }] } })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

let source: McpSource
let leave: () => Promise<void>
const ONCE: Manner = { effect: 'once', errors: 'in_doubt', keyArgument: null, overdue: 'kill' }

beforeAll(async () => {
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const { port } = http.address() as AddressInfo
  const headers = { authorization: 'Bearer secret:FAR_TOKEN' }
  const server = knownServer({ url: `http://127.0.0.1:${port}/mcp`, headers })
  leave = joinServers({ secret: async (name) => `<${name}>`, alarm: () => undefined, conceal: (text) => text })
  const classed = () => ({ effect: 'once', by: 'you' }) as const
  source = { server, tool: 'ring', pinned: null, pin: 'off', pinFile: '', classed }
})
beforeEach(() => {
  plan = []
  acts.splice(0)
})
afterAll(async () => {
  await leave()
  http.closeAllConnections()
  http.close()
})

function ring(signal = new AbortController().signal) {
  const deadline = new Date(Date.now() + 20_000)
  return callTool(source, ONCE, { name: 'a' }, { key: 'k', fence: 7n, attempt: 1, signal, deadline, runId: 'r' })
}

describe('a call of a server over HTTP', () => {
  it('carries its key, and headers with secrets', async () => {
    expect(await ring()).toBe('rang')
    expect(acts).toEqual([{ key: 'k', token: 'Bearer <FAR_TOKEN>', session: `s${sessions}` }])
  })

  it('whose session is over goes once more in a new one, for it was not taken in', async () => {
    await ring()
    const before = sessions
    plan = ['expired']
    expect(await ring()).toBe('rang')
    expect([sessions - before, acts.length]).toEqual([1, 2])
  })

  it('is not tried again and again where every session is over', async () => {
    plan = ['expired', 'expired']
    await expect(ring()).rejects.toMatchObject({ name: 'ToolFault', code: 'mcp_refused' })
    expect(acts).toEqual([])
  })

  it.each([
    [
      'refuses',
      { name: 'ToolFault', kind: 'permanent', code: 'mcp_refused', say: expect.stringContaining('no such bell') },
    ],
    ['busy', { name: 'ToolFault', kind: 'not_performed', code: 'mcp_busy' }],
  ] as const)('that the server %s did not act', async (how, error) => {
    plan = [how]
    await expect(ring()).rejects.toMatchObject(error)
    expect(acts).toEqual([])
  })

  it.each(['fails', 'cuts'] as const)('that the server %s may have acted, and is sent once', async (how) => {
    plan = [how]
    const error = (await ring().catch((thrown) => thrown)) as Error
    expect(error).toBeInstanceOf(Error)
    expect(error.name).not.toBe('ToolFault')
    expect(acts).toHaveLength(1)
  })

  it('that is aborted while it is under way may have acted', async () => {
    plan = ['hangs']
    const stop = new AbortController()
    const ringing = ring(stop.signal).catch((thrown) => thrown)
    await expect.poll(() => acts).toHaveLength(1)
    stop.abort(new Error('the run was killed'))
    expect(((await ringing) as Error).name).not.toBe('ToolFault')
  })

  it('that is aborted before it is sent did not act', async () => {
    await expect(ring(AbortSignal.abort())).rejects.toMatchObject({ name: 'ToolFault', kind: 'not_performed' })
    expect(acts).toEqual([])
    await closeServers()
  })
})
