import type { StreamableHTTPClientTransport, Transport } from '@modelcontextprotocol/client'
import { LIMITS } from '../../core/limits.js'

/** A response as the transport reads it: cut where it becomes too large, so that no answer fills the memory. */
async function bounded(address: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(address, init)
  // A standing stream of events may go on for ever; an answer may not.
  if (response.body === null || init?.method !== 'POST') return response
  let bytes = 0
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, to) {
      bytes += chunk.byteLength
      if (bytes <= LIMITS.mcp_message_bytes) to.enqueue(chunk)
      else to.error(new Error(`The answer has more than ${LIMITS.mcp_message_bytes} bytes.`))
    },
  })
  return new Response(response.body.pipeThrough(cut), response)
}

/** Streamable HTTP without any flow of authorization: what a server asks for stands in `headers`. Redirects are not followed. */
export function httpTransport(
  client: { readonly StreamableHTTPClientTransport: typeof StreamableHTTPClientTransport },
  url: string,
  headers: Readonly<Record<string, string>>,
): Transport & { terminateSession(): Promise<void> } {
  const requestInit: RequestInit = { headers: { ...headers }, redirect: 'manual' }
  return new client.StreamableHTTPClientTransport(new URL(url), { requestInit, fetch: bounded }) as Transport &
    StreamableHTTPClientTransport
}
