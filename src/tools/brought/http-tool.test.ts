import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Call, Tool } from '../tool.js'
import { httpTool } from './http-tool.js'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const seen: Seen[] = []
let reply: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
  reply(request, response)
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/refunds`
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

/** A place where nobody listens any more. */
async function nobody(): Promise<string> {
  const once = createServer()
  await new Promise<void>((open) => once.listen(0, '127.0.0.1', open))
  const { port } = once.address() as AddressInfo
  await new Promise((closed) => once.close(closed))
  return `http://127.0.0.1:${port}/`
}

const call: Call = {
  key: 'o1:k1',
  fence: 7n,
  attempt: 2,
  signal: new AbortController().signal,
  deadline: new Date(1_000),
  runId: 'run-1',
  tenant: 'acme',
  secret: async () => 's3cret',
}
const refund = () =>
  httpTool({
    name: 'refund',
    description: 'Refund an order.',
    url,
    effect: 'checked',
    input: z.object({ orderId: z.string() }),
    maxBytes: 200,
    headers: async ({ secret }) => ({ authorization: `Bearer ${await secret('TOKEN')}` }),
  })
const json = (status: number, body: unknown) => (_: unknown, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const act = () => refund().spec.execute({ orderId: 'o1' }, call)

describe('a tool behind HTTP', () => {
  it('sends its arguments with key, fence, attempt, run, deadline and tenant', async () => {
    expectTypeOf(refund()).toEqualTypeOf<Tool<'refund', { orderId: string }, unknown, never>>()
    reply = json(200, { refunded: true })
    expect(await act()).toEqual({ refunded: true })
    expect(seen.at(-1)).toMatchObject({ method: 'POST', url: '/refunds', body: '{"orderId":"o1"}' })
    expect(seen.at(-1)?.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'idempotency-key': 'o1:k1',
      'midwatch-fence': '7',
      'midwatch-attempt': '2',
      'midwatch-run': 'run-1',
      'midwatch-deadline': '1000',
      'midwatch-tenant': 'acme',
    })
  })

  it('asks by the key whether it acted, and takes nothing but a clear word', async () => {
    const check = () => refund().spec.check?.({ orderId: 'o1' }, call)
    reply = json(200, { did: 'happen', result: { id: 1 } })
    expect(await check()).toEqual({ did: 'happen', result: { id: 1 } })
    expect(seen.at(-1)).toMatchObject({ method: 'GET', url: '/refunds?key=o1%3Ak1' })
    reply = json(404, { did: 'not_happen' })
    expect(await check()).toEqual({ did: 'not_happen' })
    reply = json(404, { detail: 'Not Found' })
    expect(await check()).toEqual({ did: 'unknown' })
  })

  it('does not follow a redirect, and reads no more than it may', async () => {
    reply = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()
    await expect(act()).rejects.toThrow('302')
    reply = json(200, 'x'.repeat(1_000))
    await expect(act()).rejects.toThrow('more than 200 bytes')
    expect(seen.some((one) => one.url === '/elsewhere')).toBe(false)
  })

  it('knows that it did not act when nobody was reached or nothing could be sent', async () => {
    const gone = httpTool({
      name: 'gone',
      description: '',
      url: await nobody(),
      effect: 'once',
      input: z.object({}),
    })
    await expect(gone.spec.execute({}, call)).rejects.toMatchObject({ kind: 'not_performed', code: 'unreachable' })
    const mute = httpTool({
      name: 'mute',
      description: '',
      url,
      effect: 'once',
      input: z.object({}),
      headers: () => ({ broken: 'a\nb' }),
    })
    await expect(mute.spec.execute({}, call)).rejects.toMatchObject({ kind: 'permanent', code: 'not_sent' })
  })
})
