import type { z } from 'zod'
import type { Caller } from '../core/access.js'
import { LIMITS } from '../core/limits.js'
import { systemClock } from '../runtime/operator.js'
import { permits } from './access/permits.js'
import type { Asked, Endpoint, Reply, Shape } from './endpoint.js'
import { watched, whileHolds } from './live/watched.js'
import { mustAccept } from './negotiate.js'
import { type Misfit, Problem, problem, problemOf } from './problem.js'
import { readBody, readBytes } from './read-body.js'
import type { From, Stage } from './stage.js'

/** A request that a route was found for. */
export interface Incoming {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly from: From
  readonly requestId: string
}

/** What a process tells of itself, whatever state it is in: never turned away. */
const OF_ITSELF = new Set(['/healthz', '/readyz', '/openapi.json', '/errors/{code}'])

/** Answers it: who asks, whether they may, what they ask, and what comes of it. Never throws. */
export async function handle(stage: Stage, endpoint: Endpoint, incoming: Incoming): Promise<Response> {
  const answer = await (endpoint.isStream ? streamed : answered)(stage, endpoint, incoming)
  if (answer instanceof Problem) return answer.response(stage.at, incoming.requestId)
  return answer instanceof Response ? answer : responseOf(endpoint, answer)
}

/** One answer, within its time; its place is held until its work is done. */
async function answered(stage: Stage, endpoint: Endpoint, incoming: Incoming): Promise<Reply | Response | Problem> {
  if (OF_ITSELF.has(endpoint.path)) return within(done(stage, endpoint, incoming), stage.limits.deadlineMs)
  const place = stopping(stage) ?? stage.underWay.request()
  if (place instanceof Problem) return place
  const work = done(stage, endpoint, incoming).finally(() => place.leave())
  return within(work, stage.limits.deadlineMs)
}

/** An answer that goes on, until it is over, its caller may not read it any more, or this process stops. */
async function streamed(stage: Stage, endpoint: Endpoint, incoming: Incoming): Promise<Reply | Response | Problem> {
  let end: () => void = () => undefined
  const place = stopping(stage) ?? stage.underWay.stream(() => end())
  if (place instanceof Problem) return place
  const answer = await done(stage, endpoint, incoming)
  if (!(answer instanceof Response) || answer.body === null) {
    place.leave()
    return answer
  }
  let unwatch: () => void = () => undefined
  const stream = watched(answer.body, () => {
    place.leave()
    unwatch()
  })
  end = stream.end
  // Somebody else's sign-in is asked once: what it reads may be gone, and nothing is known of how long it holds.
  if ((stage.options.access ?? 'tokens') === 'tokens' && endpoint.role !== null) {
    const holds = async () => !('code' in (await stage.authenticate(incoming.request)))
    unwatch = whileHolds(holds, { clock: systemClock, everyMs: LIMITS.token_cache_ms, otherwise: stream.end })
  }
  if (stage.mw.stopping.aborted) stream.end()
  return new Response(stream.body, { status: answer.status, headers: answer.headers })
}

const stopping = ({ mw }: Stage): Problem | null =>
  mw.stopping.aborted ? problem('not_ready', 'This process stops, or has stopped; ask another one.') : null

/** The work of a request; what it throws becomes a problem, and is reported where it is a fault of this side. */
async function done(stage: Stage, endpoint: Endpoint, incoming: Incoming): Promise<Reply | Response | Problem> {
  try {
    return await worked(stage, endpoint, incoming)
  } catch (error) {
    const told = problemOf(error)
    // Whoever was under way when the ledger was closed is told so, as those are who come afterwards.
    if (told.code === 'internal_error') {
      const stopped = stopping(stage)
      if (stopped) return stopped
      stage.report(incoming.requestId, error)
    }
    return told
  }
}

/** What comes first: the answer, or the end of the time that a request has. What is under way then is not taken back. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | Problem> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Problem>((resolve) => {
    const words =
      'This took too long. It may have been accepted all the same: send it again, under the same Idempotency-Key.'
    timer = setTimeout(() => resolve(problem('deadline_passed', words)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function worked(stage: Stage, endpoint: Endpoint, incoming: Incoming): Promise<Reply | Response | Problem> {
  const { request } = incoming
  mustAccept(request, endpoint)
  const caller = endpoint.role === null ? NOBODY : await callerOf(stage, incoming)
  if (caller instanceof Problem) return caller
  const denied = endpoint.role === null ? null : permits(caller, { role: endpoint.role })
  if (denied) return problem(denied.code, denied.detail, denied.more)
  return endpoint.act(await askedOf(stage, endpoint, incoming, caller))
}

/** Routes for everybody ask for nobody's name. */
const NOBODY: Caller = { principal: '', role: 'viewer', tenants: [], tokenId: null }

/**
 * Who asks. Whoever is not known is counted by address, whoever is by token: strangers who share an address with a known caller,
 * behind one proxy, cannot lock it out.
 */
async function callerOf({ authenticate, rates }: Stage, { request, from }: Incoming): Promise<Caller | Problem> {
  const address = from.address ?? ''
  const caller = await authenticate(request)
  if ('code' in caller) return rates.stranger(address) ?? problem(caller.code, caller.detail, caller.more)
  return rates.known(caller.tokenId ?? `${caller.principal}@${address}`) ?? caller
}

async function askedOf(
  stage: Stage,
  endpoint: Endpoint,
  { request, params }: Incoming,
  caller: Caller,
): Promise<Asked<unknown, unknown, unknown>> {
  const { mw, options, limits, redaction, live } = stage
  const misfits: Misfit[] = []
  const read = (shape: Shape, value: unknown, part: string) => fitted(shape, value, part, misfits)
  const asked = {
    params: read(endpoint.params, params, 'path'),
    query: read(endpoint.query, queryOf(request), 'query'),
    key: keyOf(request, endpoint, misfits),
    body: await bodyOf(endpoint, request, limits, read),
  }
  if (misfits.length > 0) throw problem('invalid_request', wordsOf(misfits), { misfits: misfits.slice(0, 20) })
  return { ...asked, caller, mw, ledger: mw.ledger, request, options, redaction, live }
}

async function bodyOf(
  endpoint: Endpoint,
  request: Request,
  limits: Stage['limits'],
  read: (shape: Shape, value: unknown, part: string) => unknown,
): Promise<unknown> {
  if (endpoint.method === 'get') return undefined
  if (endpoint.isRaw) return readBytes(request, limits.bodyBytes)
  const body = await readBody(request, limits)
  if (endpoint.body !== null) return read(endpoint.body, body ?? {}, 'body')
  if (body !== undefined) throw problem('invalid_request', 'This route takes no body.')
  return undefined
}

function fitted(shape: Shape, value: unknown, part: string, misfits: Misfit[]): unknown {
  const read = shape.safeParse(value)
  if (read.success) return read.data
  for (const issue of read.error.issues) misfits.push(misfitOf(issue, part))
  return undefined
}

function misfitOf(issue: z.core.$ZodIssue, part: string): Misfit {
  const at = [part, ...issue.path.map(String)].join('.').slice(0, 200)
  return { at, says: issue.message.slice(0, 300) }
}

const wordsOf = (misfits: readonly Misfit[]): string =>
  misfits
    .slice(0, 5)
    .map(({ at, says }) => `${at}: ${says}`)
    .join('; ')

/** Each name once is a text; again and again, a list. */
function queryOf(request: Request): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = Object.create(null)
  const { searchParams } = new URL(request.url)
  for (const name of new Set(searchParams.keys())) {
    const [first = '', ...more] = searchParams.getAll(name)
    found[name] = more.length === 0 ? first : [first, ...more]
  }
  return found
}

/** Visible characters of ASCII: what every client, proxy and database hands on as it is. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/

function keyOf(request: Request, endpoint: Endpoint, misfits: Misfit[]): string | null {
  const key = request.headers.get('idempotency-key')
  const at = 'header.Idempotency-Key'
  if (key === null && endpoint.key === 'must') misfits.push({ at, says: 'is missing' })
  if (key !== null && endpoint.key !== undefined && !KEY.test(key)) {
    misfits.push({ at, says: 'is none of 1 to 200 visible ASCII characters' })
  }
  return endpoint.key === undefined ? null : key
}

function responseOf(endpoint: Endpoint, { body, status, headers }: Reply): Response {
  const usual = Number(Object.keys(endpoint.answers)[0] ?? 200)
  const type = { 'content-type': 'application/json' }
  return new Response(JSON.stringify(body), { status: status ?? usual, headers: { ...type, ...headers } })
}
