import { MidwatchError } from '../../core/errors.js'
import { LIMITS } from '../../core/limits.js'
import { fault } from '../fault.js'
import type { OutputOf, Schema } from '../schema.js'
import { type Call, type EffectOptions, type EveryToolOptions, type Found, type Tool, tool } from '../tool.js'
import { resultOf } from './http-answer.js'

interface HttpOptions {
  /** Where calls are posted as JSON. */
  readonly url: string
  /** Added to each request; secrets are asked for here and written nowhere. */
  readonly headers?: (call: Call) => Record<string, string> | Promise<Record<string, string>>
  /** Where a check asks whether the key was used, by `?key=`; default `url`. */
  readonly checkUrl?: string
  /** Longest answer that is read. Default 500,000. */
  readonly maxBytes?: number
}

/** As `tool()` without `execute` and, for `checked`, without `check`: both are requests. */
type HttpToolOptions<N extends string, I extends Schema, O, M extends string> = Omit<
  EveryToolOptions<N, I, O, M>,
  'input' | 'execute' | 'meters'
> &
  HttpOptions & {
    readonly input: I
    /** Amounts in the meters' declared units. */
    readonly meters?: Record<M, (input: OutputOf<I>) => number>
  } & Unchecked<EffectOptions<I, O>>

type Unchecked<E> = E extends { effect: 'checked' } ? Omit<E, 'check'> : E

/**
 * A tool in whatever language, behind HTTP. Each attempt is one POST of its arguments, with headers that let the other side
 * keep its part: `Idempotency-Key`, `Midwatch-Fence`, `Midwatch-Run`, `Midwatch-Attempt`, `Midwatch-Deadline` (ms since the
 * epoch), `Midwatch-Tenant`. What an answer says of the act stands in `http-answer.ts`. A check is a GET of `?key=KEY` that
 * answers `{ did: 'happen', result } | { did: 'not_happen' } | { did: 'unknown' }`. Throws `invalid_definition`.
 */
export function httpTool<const N extends string, I extends Schema, O = unknown, const M extends string = never>(
  options: HttpToolOptions<N, I, O, M>,
): Tool<N, OutputOf<I>, O, NoInfer<M>> {
  const { effect } = options
  const all = {
    // What runs elsewhere is bound by the request's end: a process of its own would add nothing.
    ...(effect === 'once' && { isolate: 'none' }),
    ...options,
    execute: (input: unknown, call: Call) => post(options, input, call, effect === 'read'),
    ...(effect === 'checked' && { check: (_: unknown, call: Call) => ask(options, call) }),
  }
  return tool(all as unknown as Parameters<typeof tool>[0]) as unknown as Tool<N, OutputOf<I>, O, NoInfer<M>>
}

async function post(options: HttpOptions, input: unknown, call: Call, isRead: boolean): Promise<unknown> {
  const response = await reached(await requestOf(options, input, call))
  const text = await textOf(response, options.maxBytes)
  return resultOf({ status: response.status, headers: response.headers, text }, isRead)
}

/** What cannot be asked for was not sent: a header that is none, a secret that is missing. A redirect is not followed. */
async function requestOf(options: HttpOptions, input: unknown, call: Call): Promise<Request> {
  try {
    const headers = { 'content-type': 'application/json', ...(await headersOf(options, call)) }
    const { signal } = call
    return new Request(options.url, {
      method: 'POST',
      headers,
      body: JSON.stringify(input),
      signal,
      redirect: 'manual',
    })
  } catch (cause) {
    throw fault.permanent(cause instanceof MidwatchError ? cause.code : 'not_sent', { cause })
  }
}

/** Nothing but a clear word counts: an answer that is none says `unknown`. */
async function ask(options: HttpOptions, call: Call): Promise<Found<unknown>> {
  const url = new URL(options.checkUrl ?? options.url)
  url.searchParams.set('key', keyText(call.key))
  const response = await fetch(url, {
    headers: await headersOf(options, call),
    signal: call.signal,
    redirect: 'manual',
  })
  const text = await textOf(response, options.maxBytes)
  const said = JSON.parse(text || 'null') as { readonly did?: unknown; readonly result?: unknown } | null
  if (said?.did === 'happen' && response.ok) return { did: 'happen', result: said.result ?? null }
  return said?.did === 'not_happen' ? { did: 'not_happen' } : { did: 'unknown' }
}

async function headersOf({ headers }: HttpOptions, call: Call): Promise<Record<string, string>> {
  return {
    ...(await headers?.(call)),
    ...(call.key !== '' && { 'idempotency-key': keyText(call.key) }),
    'midwatch-fence': String(call.fence),
    'midwatch-run': call.runId,
    'midwatch-attempt': String(call.attempt),
    'midwatch-deadline': String(call.deadline.getTime()),
    'midwatch-tenant': call.tenant,
  }
}

/** A server that was never reached did not act. */
async function reached(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const { code = '' } = ((error as Error).cause ?? {}) as { readonly code?: string }
    if (UNREACHED.has(code)) throw fault.notPerformed('unreachable', { cause: error })
    throw error
  }
}

/** A key as a header can carry it: one that is more than plain letters travels encoded, in the check as well. */
function keyText(key: string): string {
  return /^[\x21-\x7e]*$/.test(key) ? key : encodeURIComponent(key)
}

const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** What is longer than it may be is cut off and not waited for. Throws then: a write is in doubt. */
async function textOf(response: Response, maxBytes = LIMITS.body_bytes / 2): Promise<string> {
  const chunks: Uint8Array[] = []
  const reader = response.body?.getReader()
  for (let bytes = 0; reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    if (bytes > maxBytes) {
      await reader.cancel().catch(() => undefined)
      throw new Error(`The answer has more than ${maxBytes} bytes.`)
    }
    chunks.push(value)
  }
  return Buffer.concat(chunks).toString()
}
