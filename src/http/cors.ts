import { type Problem, problem } from './problem.js'

const CHANGES_NOTHING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The foreign origin of a request where it is allowed, or null where there is none. A page of an origin that is not may change
 * nothing: its user's cookies, or their place on the host's own network, would speak for it.
 */
export function allowedOrigin(request: Request, origins: readonly string[]): string | null | Problem {
  const origin = request.headers.get('origin')
  if (origin === null || origin === ownOrigin(request)) return null
  if (origins.includes(origin)) return origin
  if (CHANGES_NOTHING.has(request.method)) return null
  return problem('foreign_origin', 'Pages of this origin may change nothing here; http.origins lists those that may.')
}

/** As the browser sees it: behind a proxy the scheme may be another than that of the request. */
function ownOrigin(request: Request): string {
  const { host, protocol } = new URL(request.url)
  const origin = request.headers.get('origin') ?? ''
  return /^https?:$/.test(protocol) && origin === `https://${host}` ? origin : `${protocol}//${host}`
}

const EXPOSED = 'x-request-id, retry-after, x-should-retry, location'
const ALLOWED = 'authorization, content-type, idempotency-key, last-event-id, x-request-id'

/** What tells a browser that it may hand the answer to a page of this origin. */
export function withAllowedOrigin(response: Response, origin: string | null): Response {
  response.headers.append('vary', 'origin')
  if (origin === null) return response
  response.headers.set('access-control-allow-origin', origin)
  response.headers.set('access-control-expose-headers', EXPOSED)
  response.headers.set('access-control-allow-headers', ALLOWED)
  response.headers.set('access-control-allow-methods', 'GET, HEAD, POST, PUT, DELETE')
  response.headers.set('access-control-max-age', '600')
  response.headers.set('cross-origin-resource-policy', 'cross-origin')
  return response
}
