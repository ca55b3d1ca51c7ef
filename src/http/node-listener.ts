import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Api } from './app.js'

/** What node's own server calls for each request, and what Express takes as a route's handler. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

/** An API behind node's sockets. What is no request at all gets 400 and no words. */
export function nodeListener(api: Api): NodeListener {
  return getRequestListener((request, env) => api.fetch(request, addressIn(env as HttpBindings)), {
    overrideGlobalObjects: false,
    errorHandler: () => new Response(null, { status: 400 }),
  })
}

function addressIn({ incoming }: HttpBindings): { address?: string } {
  const address = incoming.socket.remoteAddress
  return address === undefined ? {} : { address }
}
