import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The contract of `examples/http-tool-fastapi/server.py`, in Node: what it did, and answers that are lost on the way. */
export interface RefundServer {
  readonly url: string
  /** Refunds that were made, in order. */
  readonly refunds: readonly string[]
  /** So many of the next answers to a POST are lost after the act. */
  losing: number
  close(): void
}

interface Kept {
  readonly args: string
  readonly result: object
}

export async function refundServer(): Promise<RefundServer> {
  const kept = new Map<string, Kept>()
  const fences = new Map<string, number>()
  const refunds: string[] = []
  const state = { losing: 0 }
  const act = (headers: IncomingMessage['headers'], args: string): readonly [number, object] => {
    const {
      'idempotency-key': key,
      'midwatch-run': run,
      'midwatch-fence': fence,
      'midwatch-deadline': deadline,
    } = headers
    if ((fences.get(String(run)) ?? 0) > Number(fence)) return notPerformed('stale_fence')
    fences.set(String(run), Number(fence))
    const done = kept.get(String(key))
    if (done) return done.args === args ? [200, done.result] : notPerformed('key_conflict')
    if (Date.now() > Number(deadline)) return notPerformed('too_late')
    const { order_id, amount } = JSON.parse(args)
    const result = { refunded: amount, order_id }
    kept.set(String(key), { args, result })
    refunds.push(order_id)
    return [200, result]
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const key = new URL(request.url ?? '', 'http://localhost').searchParams.get('key')
    const done = kept.get(key ?? '')
    const found = done ? { did: 'happen', result: done.result } : { did: 'not_happen' }
    const [status, said] = request.method === 'GET' ? [200, found] : act(request.headers, body)
    if (request.method === 'POST' && state.losing-- > 0) return void response.destroy()
    response.writeHead(status as number, { 'content-type': 'application/json' }).end(JSON.stringify(said))
  })
  await listening(server)
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return Object.assign(state, { url: `http://127.0.0.1:${port}/refunds`, refunds, close })
}

const notPerformed = (code: string): readonly [number, object] => [409, { fault: { kind: 'permanent', code } }]

const listening = (server: Server): Promise<void> => new Promise((open) => server.listen(0, '127.0.0.1', open))
