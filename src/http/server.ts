import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import type { Api } from './app.js'
import { nodeListener } from './node-listener.js'

export interface Listening {
  /** Where it answers: `http://127.0.0.1:4700`. */
  readonly url: string
  /** Takes no request any more, gives those under way so long, then cuts what is left. */
  close(withinMs?: number): Promise<void>
}

/** A client has so long to send the head of a request, and the whole of it. */
const HEAD_MS = 10_000
const REQUEST_MS = 60_000
const HEAD_BYTES = 16_384

interface ListenAt {
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
  /** A client that has taken nothing for so long of what waits for it is cut off. */
  readonly stuckMs?: number
}

/** Serves an API. Throws `port_taken`. */
export async function listen(api: Api, { stuckMs = LIMITS.http_stuck_ms, ...at }: ListenAt): Promise<Listening> {
  const options = { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, maxHeaderSize: HEAD_BYTES }
  const server = createServer(options, nodeListener(api))
  // A stream with nothing to say is quiet too, and may stay.
  server.setTimeout(stuckMs, (socket) => {
    if (socket.writableLength > 0) socket.destroy()
  })
  await opened(server, at)
  const { port } = server.address() as AddressInfo
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return { url: `http://${host}:${port}`, close: (withinMs = LIMITS.http_close_ms) => closed(server, withinMs) }
}

function opened(server: Server, { host, port }: Pick<ListenAt, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(faultOf(cause, host, port)))
    server.listen(port, host, resolve)
  })
}

function faultOf(cause: NodeJS.ErrnoException, host: string, port: number): MidwatchError {
  const why = WHY[cause.code ?? ''] ?? `cannot be listened on (${cause.code ?? cause.message})`
  return new MidwatchError('port_taken', `${host}:${port} ${why}; choose another with --port.`, { cause })
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process',
  EACCES: 'is not for this account to take',
  EADDRNOTAVAIL: 'is no address of this machine',
}

async function closed(server: Server, withinMs: number): Promise<void> {
  const over = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), withinMs)
  await over
  clearTimeout(timer)
}
