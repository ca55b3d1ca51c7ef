import { OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import { ERROR_CODES, type ErrorCode } from '../core/errors.js'
import type { Answer, Endpoint, Shape } from './endpoint.js'
import { type ProblemCode, STATUSES } from './statuses.js'

const problemShape = z
  .object({
    type: z.string().openapi({ description: 'Where its code is explained.' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(STATUSES) as [ProblemCode, ...ProblemCode[]]),
    retryable: z.boolean().openapi({ description: 'Whether the same request may succeed later.' }),
    requestId: z.string(),
    misfits: z.array(z.object({ at: z.string(), says: z.string() })).optional(),
  })
  .openapi('Problem')

/** What every route can answer, and what only those that ask who calls. */
const EVERY = [
  ...(['invalid_request', 'not_acceptable', 'internal_error', 'deadline_passed', 'ledger_away'] as const),
  ...(['not_ready', 'overloaded'] as const),
]
const KNOWN = ['unauthenticated', 'forbidden', 'rate_limited'] as const
const WRITES = ['foreign_origin', 'body_too_large', 'unsupported_media_type'] as const

/** Codes that a route can answer with. */
export function codesOf({ role, method, refusals }: Endpoint): readonly ErrorCode[] {
  const all = [...EVERY, ...(role === null ? [] : KNOWN), ...(method === 'get' ? [] : WRITES), ...refusals]
  return [...new Set<ErrorCode>(all)]
}

/** The API as OpenAPI 3.1, told from the endpoints alone. */
export function documentOf(endpoints: readonly Endpoint[], { at, version }: { at: string; version: string }): object {
  const app = new OpenAPIHono()
  const { openAPIRegistry: registry } = app
  registry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'A token made by `midwatch token create`, or what the host’s own authentication takes.',
  })
  for (const one of endpoints) registry.registerPath(routeOf(one))
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Midwatch', version, description: 'Runs AI agents in production.', license: { name: 'Apache-2.0' } },
    servers: [{ url: at === '' ? '/' : at }],
  })
}

function routeOf(one: Endpoint): RouteConfig {
  const { method, path, tag, says, role, example } = one
  const body = one.body && {
    required: !one.body.safeParse({}).success,
    content: { 'application/json': { schema: one.body, ...(example !== undefined && { example }) } },
  }
  return {
    method,
    path,
    operationId: idOf(one),
    tags: [tag],
    summary: says,
    ...(role === null ? { security: [] } : { description: `Least role: ${role}.`, security: [{ token: [] }] }),
    request: {
      params: one.params as never,
      query: one.query as never,
      ...(one.key && { headers: z.object({ 'Idempotency-Key': keyShape(one.key) }) }),
      ...(body && { body }),
    },
    responses: { ...answersOf(one.answers), ...problemsOf(codesOf(one)) },
  }
}

function keyShape(need: 'may' | 'must'): Shape {
  const key = z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
  return need === 'must' ? key : key.optional()
}

/** `POST /v1/runs/{run}/cancel` is `post_runs_run_cancel`. */
const idOf = ({ method, path }: Endpoint): string =>
  [method, ...path.split(/\W+/)].filter((part) => part !== '' && part !== 'v1').join('_')

function answersOf(answers: Endpoint['answers']): RouteConfig['responses'] {
  return Object.fromEntries(Object.entries(answers).map(([status, one]) => [status, answerOf(one)]))
}

function answerOf({ says, shape, type = 'application/json' }: Answer) {
  return { description: says, content: { [type]: { schema: shape ?? z.string() } } }
}

/** One answer a status, with an example of each code. */
function problemsOf(codes: readonly ErrorCode[]): RouteConfig['responses'] {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of codes) {
    if (!(code in STATUSES)) continue
    const known = code as ProblemCode
    byStatus.set(STATUSES[known], [...(byStatus.get(STATUSES[known]) ?? []), known])
  }
  return Object.fromEntries([...byStatus].map(([status, some]) => [status, problemAnswer(status, some)]))
}

function problemAnswer(status: number, codes: readonly ProblemCode[]) {
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code, status) }]))
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: { 'application/problem+json': { schema: problemShape, examples } },
  }
}

const exampleOf = (code: ProblemCode, status: number) => ({
  type: `/errors/${code}`,
  title: code.replaceAll('_', ' '),
  ...{ status, code, detail: '…', retryable: ERROR_CODES[code].retryable },
  requestId: '5d1c0c8e-9a51-4d0e-8b1f-1f7f6d3a2b10',
})
