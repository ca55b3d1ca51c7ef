import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Payments, RefundAnswer, RefundRequest } from './port.js'

/** The running server; stopping it cuts what hangs. */
export interface PaymentServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  stop(): Promise<void>
}

/** The provider behind real HTTP on loopback, one path per account: `/ACCOUNT/refunds`. */
export async function servePayments(accounts: Readonly<Record<string, Payments>>): Promise<PaymentServer> {
  const server = createServer((request, response) => {
    handle(accounts, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function handle(
  accounts: Readonly<Record<string, Payments>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://provider')
  const payments = accounts[url.pathname.split('/')[1] ?? '']
  if (!payments) return send(response, 404, { error: 'no such account' })
  if (!request.headers.authorization?.startsWith('Bearer ')) return send(response, 401, { error: 'no token' })
  if (request.method === 'GET') {
    const refund = await payments.find(url.searchParams.get('key') ?? '')
    return send(response, refund ? 200 : 404, refund ?? { error: 'nothing was paid under this key' })
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const key = request.headers['idempotency-key']
  const body = JSON.parse(await textOf(request)) as Pick<RefundRequest, 'orderId' | 'cents'>
  const senderPid = Number(request.headers['x-sender-pid'] ?? 0)
  const asked = { ...body, senderPid, key: typeof key === 'string' ? key : null }
  reply(response, await payments.refund(asked, gone.signal))
}

function reply(response: ServerResponse, answer: RefundAnswer): void {
  if (answer.status === 'paid') send(response, 200, answer.refund)
  else if (answer.status === 'declined') send(response, 402, { error: answer.why })
  else if (answer.status === 'broken') send(response, 500, { error: 'internal error' })
  else send(response, 429, { error: 'too many requests' }, { 'retry-after': String(answer.retryAfterMs / 1_000) })
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
