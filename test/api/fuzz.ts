import fc, { type Arbitrary } from 'fast-check'
import { ERROR_CODES } from '../../src/core/errors.js'
import { fitting, type Ground, type JsonSchema, nasty } from './arbitrary.js'
import { Declared } from './declared.js'
import type { Scene, Spoken, Wish } from './scene.js'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: JsonSchema
}

interface Content {
  readonly [type: string]: { readonly examples?: Readonly<Record<string, unknown>> }
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

/** What the document says, as far as the fuzz reads it. */
interface Read {
  readonly operations: readonly Operation[]
  readonly refs: Readonly<Record<string, JsonSchema>>
  readonly declared: Declared
}

interface Shot {
  readonly operation: Operation
  readonly wish: Wish
}

export interface Fuzzed {
  readonly shots: number
  /** By `METHOD /path`, how often each status came. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<number, number>>
  /** Routes of which no request was granted: the fuzz never came to what they do. */
  readonly neverGranted: readonly string[]
}

/**
 * Shoots requests that are made of the API's own document at the API. Throws with a seed that replays at the first answer that
 * is no answer: a status or a code that is not documented for its route, a fault of this side, or none in time.
 */
export async function fuzz(
  scene: Scene,
  { shots, seed }: { readonly shots: number; readonly seed: number },
): Promise<Fuzzed> {
  const read = await readDocument(scene)
  const known = await knownNames(scene)
  const seen = new Map<string, Map<number, number>>()
  const sent: string[] = []
  const property = fc.asyncProperty(shotOf(scene, read, known), async ({ operation, wish }) => {
    sent.push(JSON.stringify(wish))
    const said = await scene.ask(wish)
    count(seen, `${operation.method} ${operation.path}`, said.status)
    const fault =
      (await faultOfServer(scene, said)) ??
      insideOf(wish, said, sent) ??
      faultOf(operation, wish, said) ??
      (await unfit(read.declared, operation, wish, said)) ??
      scene.faults.at(0)
    if (fault !== undefined)
      throw new Error(`${fault}\n${JSON.stringify(wish)}\n${said.status} ${said.text.slice(0, 500)}`)
  })
  await fc.assert(property, { numRuns: shots, seed, endOnFailure: false, interruptAfterTimeLimit: 1_200_000 })
  const isNever = ([, by]: readonly [string, ReadonlyMap<number, number>]) =>
    ![...by.keys()].some((status) => status < 400)
  return { shots, seen, neverGranted: [...seen].filter(isNever).map(([route]) => route) }
}

async function readDocument(scene: Scene): Promise<Read> {
  const { body } = await scene.ask({ method: 'GET', path: '/openapi.json' })
  const operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, one]) => ({ ...one, path, method: method.toUpperCase() })),
  )
  return { operations, refs: body.components.schemas, declared: new Declared(body) }
}

/** Names and ids that there are, so that not every shot goes into the void. */
async function knownNames(scene: Scene): Promise<Ground['known']> {
  const napping = await Promise.all([1, 2, 3].map(() => scene.started({ agent: 'nap', input: {} })))
  const ended = await scene.started({ agent: 'echo', input: {}, session: 'fuzz' })
  const questions = await Promise.all([1, 2, 3, 4].map(() => scene.question()))
  await scene.mw.run(ended).outcome()
  const tenants = ['acme', 'acme', 'other']
  return {
    ...{ run: [...napping, ended, ended], escalation: questions, session: ['fuzz', 'fuzz 2'], tenant: tenants },
    ...{ agent: ['echo', 'nap', 'survey'], version: [1], principal: ['customer:7'], deadline: ['1h', '2d'] },
    ...{ scope: ['tenant:other', 'session:acme/none', `run:${napping[0]}`, 'tool:none'], meter: ['usd', 'steps'] },
    ...{ input: [{}, { say: 'x' }, { message: 'x' }], from: ['1', '2'], limit: [1, 5, 50], sequence: [1, 2, 3] },
    messages: [[{ id: 'm-1', role: 'user', parts: [{ type: 'text', text: 'x' }] }]],
    ...{
      code: ['start_conflict', 'rate_limited'],
      chat: ['chat 1'],
      id: ['chat 1'],
      args: ['none'],
      happened: [true, false],
      decision: ['answer'],
      result: ['blue'],
    },
  }
}

function shotOf(scene: Scene, { operations, refs }: Read, known: Ground['known']): Arbitrary<Shot> {
  const of = (schema: JsonSchema, name?: string) => fitting(schema, { refs, known }, name)
  return fc.constantFrom(...operations).chain((operation) => {
    const parameters = operation.parameters ?? []
    const fields = (place: Parameter['in']) => {
      const own = parameters.filter((one) => one.in === place)
      const required = own.filter((one) => one.required).map(({ name }) => name)
      return fc.record(Object.fromEntries(own.map(({ name, schema }) => [name, of(schema, name)])), {
        requiredKeys: required,
      })
    }
    const schema = operation.requestBody?.content['application/json'].schema
    return fc
      .record({
        path: fields('path'),
        query: fc.oneof(
          { weight: 4, arbitrary: fields('query') },
          { weight: 1, arbitrary: fc.dictionary(nasty, nasty, { maxKeys: 3 }) },
        ),
        key: fc.option(fc.oneof(fc.constantFrom('k1', 'k2', 'k3'), nasty)),
        token: tokenOf(scene),
        headers: headersOf,
        body: bodyOf(schema && of(schema)),
      })
      .map((parts) => ({ operation, wish: wishOf(operation, parts) }))
  })
}

function tokenOf({ tokens, rootToken }: Scene): Arbitrary<string | undefined> {
  const good = [rootToken, ...Object.values(tokens.acme), ...Object.values(tokens.other)]
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, 'mw_none', 'x') },
  )
}

const headersOf: Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 10, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>[]>(
      ...[
        { accept: 'text/html' },
        { accept: '*/*;q=0' },
        { accept: ';;;,,q=x' },
        { 'content-type': 'text/plain' },
        { origin: 'null' },
      ],
      ...[
        { 'content-type': 'application/json; charset=utf-16' },
        { 'content-encoding': 'gzip' },
        { 'x-request-id': 'ein-test-1' },
      ],
      ...[{ origin: 'https://evil.example' }, { 'x-request-id': '<script>' }, { 'x-http-method-override': 'DELETE' }],
    ),
  },
)

function bodyOf(fits: Arbitrary<unknown> | undefined): Arbitrary<string | undefined> {
  const text = (value: unknown) => JSON.stringify(value) ?? 'null'
  if (fits === undefined)
    return fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('{}', '{', '[1]') },
    )
  return fc.oneof(
    { weight: 6, arbitrary: fits.map(text) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: nasty },
  )
}

interface Parts {
  readonly path: object
  readonly query: object
  readonly key: string | null
  readonly token: string | undefined
  readonly headers: Record<string, string>
  readonly body: string | undefined
}

function wishOf({ method, path, requestBody }: Operation, parts: Parts): Wish {
  const filled = Object.entries(parts.path).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encoded(value)),
    path,
  )
  const query = Object.entries(parts.query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encoded(name)}=${encoded(one)}`),
  )
  const headers = {
    ...parts.headers,
    ...(parts.key !== null && isSendable(parts.key) && { 'idempotency-key': parts.key }),
  }
  const body = method === 'GET' || (requestBody === undefined && parts.body === undefined) ? undefined : parts.body
  return { method, path: query.length > 0 ? `${filled}?${query.join('&')}` : filled, token: parts.token, body, headers }
}

const encoded = (value: unknown): string => encodeURIComponent(String(value).toWellFormed())
/** What a client can put into a header at all. */
const isSendable = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text)

function count(seen: Map<string, Map<number, number>>, route: string, status: number): void {
  const by = seen.get(route) ?? new Map<number, number>()
  seen.set(route, by.set(status, (by.get(status) ?? 0) + 1))
}

/**
 * No answer is one of 500 or above, but this: the fuzz itself bounds what may wait, and whoever comes to a line that is full is told
 * when to come again.
 */
async function faultOfServer(scene: Scene, { status, headers, body }: Spoken): Promise<string | undefined> {
  if (status < 500) return undefined
  const isTold = status === 503 && body?.code === 'overloaded' && headers.has('retry-after')
  const lines = isTold ? await scene.ledger.queues.lines({ limit: 100 }) : []
  return lines.some(({ refused }) => refused > 0) ? undefined : 'a fault of this side'
}

/** Words of this side's inside, but for those that a client has sent: answers give its own words back, such as a reason. */
function insideOf({ path }: Wish, { text }: Spoken, sent: readonly string[]): string | undefined {
  const words = text.match(/ {4}at |\.ts:\d|node_modules|postgres|pg_/gi) ?? []
  if (isAbout(path) || words.every((word) => sent.some((one) => one.includes(word)))) return undefined
  return 'something of the inside'
}

/** What is wrong with an answer; undefined when nothing is. */
function faultOf({ path, responses }: Operation, wish: Wish, { status, headers, body }: Spoken): string | undefined {
  if (!headers.get('x-request-id')) return 'no request id'
  if (status < 400)
    return isRoute(path, wish.path) && !(status in responses) ? 'a status that is not documented' : undefined
  const isProblem = headers.get('content-type') === 'application/problem+json'
  if (!isProblem || !Object.hasOwn(ERROR_CODES, body.code) || body.status !== status)
    return 'no problem of the catalogue'
  if (!isRoute(path, wish.path)) return undefined
  const codes = responses[status]?.content?.['application/problem+json']?.examples ?? {}
  return Object.hasOwn(codes, body.code) ? undefined : 'a code that is not documented for this route'
}

/** What the document does not declare of an answer of JSON. */
function unfit(
  declared: Declared,
  { method, path }: Operation,
  wish: Wish,
  { status, headers, body }: Spoken,
): Promise<string | undefined> {
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  if (!type.endsWith('json') || path === '/openapi.json' || !isRoute(path, wish.path)) return Promise.resolve(undefined)
  return declared.faultIn({ method, path, status, type, body })
}

const isAbout = (path: string): boolean => /^\/(openapi|errors)/.test(path)

/** A parameter that is empty, or a dot or two, makes it another path before it is sent. */
function isRoute(template: string, path: string): boolean {
  const { pathname } = new URL(path, 'http://localhost')
  const pattern = template.replace(/\{\w+\}/g, '[^/]+').replace(/\./g, '\\.')
  return new RegExp(`^${pattern}$`).test(pathname)
}
