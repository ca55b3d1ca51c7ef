import { OpenAPIHono } from '@hono/zod-openapi'
import { MidwatchError } from '../core/errors.js'
import { FeedHub } from '../runtime/feed/feed-hub.js'
import { systemClock } from '../runtime/operator.js'
import { Redaction } from '../runtime/redact/redaction.js'
import type { Midwatch } from '../runtime.js'
import { aboutItself } from './about.js'
import { authenticateBy } from './access/authenticate.js'
import { allowedOrigin, withAllowedOrigin } from './cors.js'
import type { Endpoint } from './endpoint.js'
import { ENDPOINTS } from './endpoints.js'
import { handle } from './handle.js'
import type { Live } from './live/live.js'
import { type ApiLimits, type ApiOptions, DEFAULT_LIMITS } from './options.js'
import { Problem, problem, problemOf } from './problem.js'
import { RateLimits } from './rate.js'
import type { From, Stage } from './stage.js'
import { UnderWay } from './under-way.js'

export interface Api {
  fetch(request: Request, from?: From): Promise<Response>
}

/** The HTTP API of a runtime, as one function of a request. It never throws. */
export function api(mw: Midwatch, given: ApiOptions = {}): Api {
  const metrics = given.metrics ?? mw.metricsText
  const options = { ...given, ...(metrics && { metrics }) }
  const limits: ApiLimits = { ...DEFAULT_LIMITS, ...options.limits }
  const at = mountOf(options.basePath ?? '')
  const authenticate = authenticateBy(options.access ?? 'tokens', { tokens: mw.ledger.tokens, clock: systemClock })
  const redaction = new Redaction(mw.definitions, mw.ledger)
  const [rates, underWay] = [new RateLimits(limits), new UnderWay(limits)]
  const shared = { redaction, rates, underWay, authenticate, report: reporter(options) }
  const live: Live = { ledger: mw.ledger, hub: new FeedHub(mw.ledger, systemClock), redaction }
  const stage: Stage = { mw, options, limits, at, live, ...shared }
  const app = routed(stage)
  const stopped = () => {
    underWay.end()
    void live.hub.close()
  }
  if (mw.stopping.aborted) stopped()
  else mw.stopping.addEventListener('abort', stopped, { once: true })
  return { fetch: (request, from = {}) => answered(stage, app, request, from) }
}

/** Throws `invalid_config` for what is no path. */
function mountOf(basePath: string): string {
  const at = basePath.replace(/\/+$/, '')
  if (/^(\/[\w.~-]+)*$/.test(at)) return at
  throw new MidwatchError('invalid_config', `http.basePath '${basePath}': write it as '/api/midwatch'.`)
}

/** What threw and where is told to whoever runs this process, never to a caller. */
function reporter({ log = (line) => process.stderr.write(`midwatch: ${line}\n`) }: ApiOptions): Stage['report'] {
  return (requestId, error) => {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log(`request ${requestId} met a fault: ${said}`)
  }
}

interface Env {
  Bindings: { readonly from: From; readonly requestId: string }
}

/** Routes as the endpoints name them; what fits none is told apart by its path. */
function routed(stage: Stage): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({ getPath: (request) => pathOf(request, stage.at) })
  const endpoints = aboutItself(
    ENDPOINTS.filter((one) => one.path !== '/metrics' || stage.options.metrics),
    stage.at,
  )
  for (const one of endpoints) {
    app.on(one.method.toUpperCase(), patternOf(one.path), (c) =>
      handle(stage, one, { request: c.req.raw, params: c.req.param(), ...c.env }),
    )
  }
  for (const [path, methods] of methodsByPath(endpoints)) {
    app.all(patternOf(path), (c) => {
      if (c.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: methods.join(', ') } })
      return otherMethod(c.req.method, methods).response(stage.at, c.env.requestId)
    })
  }
  app.notFound((c) =>
    problem('not_found', 'There is no such route; /openapi.json lists them.').response(stage.at, c.env.requestId),
  )
  app.onError((error, c) => {
    stage.report(c.env.requestId, error)
    return problemOf(error).response(stage.at, c.env.requestId)
  })
  return app
}

const patternOf = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')

/** The path below the mount; one outside of it fits no route. */
function pathOf(request: Request, at: string): string {
  const { pathname } = new URL(request.url)
  if (at === '') return pathname
  return pathname.startsWith(`${at}/`) ? pathname.slice(at.length) : '//'
}

function methodsByPath(endpoints: readonly Endpoint[]): Map<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { path, method } of endpoints) {
    const methods = found.get(path) ?? ['OPTIONS']
    found.set(path, [...methods, method.toUpperCase(), ...(method === 'get' ? ['HEAD'] : [])])
  }
  return found
}

const otherMethod = (method: string, methods: readonly string[]): Problem =>
  problem('method_not_allowed', `${method.slice(0, 20)} is none of this path's: ${methods.join(', ')}.`, {
    headers: { allow: methods.join(', ') },
  })

/** One request from its id to the headers of its answer. */
async function answered(stage: Stage, app: OpenAPIHono<Env>, request: Request, from: From): Promise<Response> {
  const requestId = requestIdOf(request)
  const origin = allowedOrigin(request, stage.options.origins ?? [])
  const response = await (async () => {
    try {
      if (origin instanceof Problem) return origin.response(stage.at, requestId)
      return await app.fetch(request, { from, requestId })
    } catch (error) {
      stage.report(requestId, error)
      return problemOf(error).response(stage.at, requestId)
    }
  })()
  return withAllowedOrigin(withSafeHeaders(response, requestId), origin instanceof Problem ? null : origin)
}

/** The caller's own id where it is a harmless one. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id') ?? ''
  return /^[\w.:-]{8,100}$/.test(given) ? given : crypto.randomUUID()
}

const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** A response may come with headers that cannot be changed: its copy can. */
function withSafeHeaders(response: Response, requestId: string): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(SAFE_HEADERS)) if (!headers.has(name)) headers.set(name, value)
  headers.set('x-request-id', requestId)
  return new Response(response.body, { status: response.status, headers })
}
