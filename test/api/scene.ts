import { flow } from 'midwatch'
import { z } from 'zod'
import { ROLES, type Role } from '../../src/core/access.js'
import type { Ledger } from '../../src/core/ledger.js'
import { api } from '../../src/http/app.js'
import { listen } from '../../src/http/server.js'
import { makeToken } from '../../src/runtime/make-token.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { type LedgerKind, openLedger } from '../runtime-on.js'

const echo = flow({ name: 'echo', version: 1, input: z.looseObject({}), run: async (_ctx, input) => input })
const nap = flow({ name: 'nap', version: 1, input: z.looseObject({}), run: (ctx) => ctx.sleep('1h') })
const survey = flow({
  name: 'survey',
  version: 1,
  input: z.looseObject({}),
  run: (ctx) => ctx.ask({ question: 'Which?', to: 'design', within: '1h', answer: z.unknown(), otherwise: 'none' }),
})

export const TENANTS = ['acme', 'other'] as const
export type Tenant = (typeof TENANTS)[number]

export interface Spoken {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: each route has a document of its own
  readonly body: any
}

export interface Wish {
  readonly method: string
  /** As it goes over the wire: encoded, with its query. */
  readonly path: string
  readonly token?: string | undefined
  readonly body?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** A runtime that works, its API over real HTTP, and tokens of every role for each of two tenants. */
export interface Scene {
  readonly ledger: Ledger
  readonly mw: Midwatch
  readonly tokens: Readonly<Record<Tenant, Readonly<Record<Role, string>>>>
  readonly rootToken: string
  /** What the API told its log: faults of its own. */
  readonly faults: string[]
  ask(wish: Wish): Promise<Spoken>
  /** Starts a run for `acme` with these fields, as its operator. */
  started(fields: object): Promise<string>
  /** A question of a run of `acme`, as soon as it is asked. */
  question(): Promise<string>
  close(): Promise<void>
}

const ANSWER_MS = 20_000

export async function scene(kind: LedgerKind): Promise<Scene> {
  const opened = await openLedger(kind)
  const { ledger } = opened
  const mw = await assemble({ run: [echo, nap, survey], alarm: () => undefined }, { ledger })
  const faults: string[] = []
  const limits = { requestsPerMinute: 1_000_000, strangersPerMinute: 1_000_000 }
  const server = await listen(api(mw, { limits, log: (line) => faults.push(line) }), { host: '127.0.0.1', port: 0 })
  const tokenOf = async (role: Role, tenants: readonly string[] | null) => {
    const name = `${tenants?.[0] ?? 'every'}-${role}`
    return (await makeToken(ledger, { name, role, tenants, expiresInMs: null, by: 'test' })).text
  }
  const tokensOf = async (tenant: Tenant) => {
    const pairs = ROLES.map(async (role) => [role, await tokenOf(role, [tenant])] as const)
    return Object.fromEntries(await Promise.all(pairs)) as Record<Role, string>
  }
  const tokens = { acme: await tokensOf('acme'), other: await tokensOf('other') }
  const ask = (wish: Wish) => spoken(server.url, wish)
  const started = async (fields: object) => {
    const made = await ask({
      method: 'POST',
      path: '/v1/runs',
      token: tokens.acme.operator,
      body: JSON.stringify(fields),
    })
    if (made.status !== 201) throw new Error(`Not started: ${made.text}`)
    return String(made.body.runId)
  }
  return {
    ...{ ledger, mw, tokens, faults, ask, started, rootToken: await tokenOf('admin', null) },
    question: async () => askedBy(mw, await started({ agent: 'survey', input: {} })),
    close: async () => {
      await server.close(1_000)
      await mw.stop()
      await opened.close()
    },
  }
}

async function spoken(url: string, { method, path, token, body, headers = {} }: Wish): Promise<Spoken> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const given = { method, headers: { ...authorization, ...type, ...headers }, ...(body !== undefined && { body }) }
  const response = await fetch(`${url}${path}`, { ...given, signal: AbortSignal.timeout(ANSWER_MS) })
  const text = await textOf(response)
  return { status: response.status, headers: response.headers, text, body: jsonIn(text) }
}

/** A stream that goes on is let go once it has begun. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  await response.body?.cancel()
  return ''
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function askedBy(mw: Midwatch, runId: string): Promise<string> {
  for await (const _event of mw.run(runId).events()) {
    const [open] = await mw.ledger.escalations({ state: 'open', runId })
    if (open) return open.id
  }
  throw new Error('The run ended and asked nobody.')
}
