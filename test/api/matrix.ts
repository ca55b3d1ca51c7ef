import { ROLES, type Role } from '../../src/core/access.js'
import { type Scene, type Spoken, TENANTS, type Tenant, type Wish } from './scene.js'

/** What becomes of a request for something of a tenant that the caller does not see. */
type Wrong = 'gone' | 'forbidden' | 'empty'

/** One route as it should be guarded, said here a second time, without the code that guards it. */
interface Guarded {
  readonly method: string
  readonly path: string
  readonly least: Role
  readonly wrong: Wrong
  /** What stands for the parameters, made anew for each request. */
  readonly made?: (scene: Scene) => Promise<string>
  readonly body?: (made: string) => object
  /** What one more thing of the tenant adds to a list. */
  readonly lists?: string
  /** What it is about is everybody's: tokens of single tenants are shown nothing of it, and move nothing. */
  readonly isShared?: true
}

const nap = (scene: Scene) => scene.started({ agent: 'nap', input: {} })
const question = (scene: Scene) => scene.question()
const session = async (scene: Scene) => {
  const name = `ann ${crypto.randomUUID()}`
  await scene.started({ agent: 'echo', input: {}, session: name })
  return name
}
const inAcme = { tenant: 'acme' }
const ofRun = (method: string, path: string, least: Role): Guarded => ({
  ...{ method, path, least, wrong: 'gone', made: nap },
  ...(method === 'POST' && { body: () => ({}) }),
})

const GUARDED: readonly Guarded[] = [
  {
    method: 'POST',
    path: '/v1/runs',
    least: 'operator',
    wrong: 'forbidden',
    body: () => ({ agent: 'echo', input: {}, ...inAcme }),
  },
  { method: 'GET', path: '/v1/runs', least: 'viewer', wrong: 'empty', made: nap, lists: 'runs' },
  ofRun('GET', '/v1/runs/{run}', 'viewer'),
  ofRun('GET', '/v1/runs/{run}/journal', 'viewer'),
  ofRun('POST', '/v1/runs/{run}/cancel', 'operator'),
  ofRun('POST', '/v1/runs/{run}/interrupt', 'operator'),
  ofRun('POST', '/v1/runs/{run}/resume', 'operator'),
  ofRun('POST', '/v1/runs/{run}/redrive', 'operator'),
  ofRun('GET', '/v1/runs/{run}/scores', 'viewer'),
  { ...ofRun('POST', '/v1/runs/{run}/scores', 'operator'), body: () => ({ up: true }) },
  { method: 'GET', path: '/v1/sessions', least: 'viewer', wrong: 'empty', made: session, lists: 'sessions' },
  { method: 'GET', path: '/v1/sessions/{session}?tenant=acme', least: 'viewer', wrong: 'forbidden', made: session },
  {
    ...{
      method: 'POST',
      path: '/v1/sessions/{session}/messages',
      least: 'operator',
      wrong: 'forbidden',
      made: session,
    },
    body: () => ({ agent: 'echo', input: {}, ...inAcme }),
  },
  ...['close', 'reopen'].map((verb): Guarded => {
    const path = `/v1/sessions/{session}/${verb}?tenant=acme`
    return { method: 'POST', path, least: 'operator', wrong: 'forbidden', made: session, body: () => ({}) }
  }),
  { method: 'GET', path: '/v1/escalations', least: 'viewer', wrong: 'empty', made: question, lists: 'escalations' },
  { method: 'GET', path: '/v1/escalations/{escalation}', least: 'viewer', wrong: 'gone', made: question },
  {
    ...{
      method: 'POST',
      path: '/v1/escalations/{escalation}/answer',
      least: 'approver',
      wrong: 'gone',
      made: question,
    },
    body: () => ({ decision: 'answer', result: 1 }),
  },
  { method: 'GET', path: '/v1/doubts', least: 'viewer', wrong: 'empty', lists: 'doubts' },
  {
    ...{ method: 'POST', path: '/v1/doubts/{escalation}/resolve', least: 'approver', wrong: 'gone', made: question },
    body: () => ({ happened: true }),
  },
  { method: 'GET', path: '/v1/switches?limit=200', least: 'viewer', wrong: 'empty', made: held, lists: 'switches' },
  ...['engage', 'release'].map((verb): Guarded => {
    const more = verb === 'engage' ? { mode: 'hold' } : {}
    const path = `/v1/switches/${verb}`
    return {
      method: 'POST',
      path,
      least: 'operator',
      wrong: 'gone',
      made: nap,
      body: (run) => ({ scope: `run:${run}`, ...more }),
    }
  }),
  {
    method: 'GET',
    path: '/v1/breakers',
    least: 'viewer',
    wrong: 'empty',
    made: breaker,
    lists: 'breakers',
    isShared: true,
  },
  ...['isolate', 'release'].map((verb): Guarded => {
    const path = `/v1/breakers/${verb}`
    const body = () => ({ key: 'tool:nobody' })
    return { method: 'POST', path, least: 'operator', wrong: 'forbidden', body, isShared: true }
  }),
  {
    ...{ method: 'GET', path: '/v1/queues', least: 'viewer', wrong: 'empty', made: bound, lists: 'queues' },
    isShared: true,
  },
  {
    ...{ method: 'PUT', path: '/v1/queues/bound', least: 'admin', wrong: 'forbidden', isShared: true },
    body: () => ({ scope: 'tenant:acme', max: 1_000 }),
  },
  {
    ...{ method: 'POST', path: '/v1/reconcile', least: 'admin', wrong: 'forbidden', isShared: true },
    body: () => ({}),
  },
  { method: 'GET', path: '/v1/drift', least: 'viewer', wrong: 'forbidden', isShared: true },
  { method: 'GET', path: '/v1/meters', least: 'viewer', wrong: 'empty', made: ceiling, lists: 'meters' },
  {
    ...{ method: 'PUT', path: '/v1/meters/ceiling', least: 'admin', wrong: 'forbidden' },
    body: () => ({ scope: 'tenant:acme', meter: 'steps', limit: 1_000_000 }),
  },
]

/** Streams, and what begins them. */
const STREAMS: readonly Guarded[] = [
  { method: 'GET', path: '/v1/events?tenant=acme', least: 'viewer', wrong: 'forbidden' },
  ofRun('GET', '/v1/runs/{run}/events', 'viewer'),
  ofRun('GET', '/v1/runs/{run}/stream', 'viewer'),
  {
    ...{ method: 'POST', path: '/v1/agents/{agent}/chat?tenant=acme', least: 'operator', wrong: 'forbidden' },
    made: async () => 'echo',
    body: () => ({
      id: 'chat',
      messages: [{ id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text: 'x' }] }],
    }),
  },
  {
    ...{
      method: 'GET',
      path: '/v1/agents/{agent}/chat/{chat}/stream?tenant=acme',
      least: 'viewer',
      wrong: 'forbidden',
    },
    made: async () => 'echo',
  },
]

async function held(scene: Scene): Promise<string> {
  const run = await nap(scene)
  await scene.mw.run(run).interrupt({ by: 'test', reason: 'matrix' })
  return run
}

async function breaker({ ledger }: Scene): Promise<string> {
  await ledger.breakers.isolate({ key: 'tool:nobody', by: 'test' })
  return ''
}

async function bound({ ledger }: Scene): Promise<string> {
  await ledger.queues.setBound({ scope: 'queue:matrix', max: 1_000, by: 'test' })
  return ''
}

async function ceiling({ ledger }: Scene): Promise<string> {
  await ledger.setCeiling({ scope: 'tenant:acme', meter: 'steps', per: 'total', limit: 1_000_000, by: 'test' })
  return ''
}

/** Routes that tell nothing of any tenant. */
const FOR_EVERYBODY = [
  ...['/healthz', '/readyz', '/openapi.json', '/errors/{code}'].map((path) => `GET ${path}`),
  'POST /v1/webhooks/{name}',
]

export interface Matrix {
  readonly cells: number
  readonly wrong: readonly string[]
}

/** Asks for each route by each role, without a token, and for a tenant of others; and that no route was forgotten. */
export async function askMatrix(scene: Scene): Promise<Matrix> {
  const operations = await operationsOf(scene)
  const rows = [...GUARDED, ...STREAMS].filter((row) => operations.has(routeOf(row)))
  const known = new Set([...rows.map(routeOf), ...FOR_EVERYBODY])
  const wrong = [...operations].filter((one) => !known.has(one)).map((one) => `${one} stands in no row`)
  let cells = 0
  for (const row of rows) {
    for (const role of [null, ...ROLES]) {
      for (const tenant of role === null ? (['acme'] as const) : TENANTS) {
        cells += 1
        wrong.push(...(await cellFaults(scene, row, role, tenant)))
      }
    }
    if (row.isShared) wrong.push(...(await rootFaults(scene, row)))
  }
  return { cells, wrong }
}

async function cellFaults(scene: Scene, row: Guarded, role: Role | null, tenant: Tenant): Promise<string[]> {
  const token = role === null ? undefined : scene.tokens[tenant][role]
  const said = await scene.ask({ ...(await wishOf(scene, row)), token })
  const fault = faultOf(row, role, tenant, said)
  const told = `${said.status} ${said.text.slice(0, 200)}`
  return fault === null ? [] : [`${row.method} ${row.path} as ${role} of ${tenant}: ${fault}: ${told}`]
}

/** Who sees every tenant gets what is everybody's. */
async function rootFaults(scene: Scene, row: Guarded): Promise<string[]> {
  const { status, body } = await scene.ask({ ...(await wishOf(scene, row)), token: scene.rootToken })
  const isShown = status === 200 && (row.lists === undefined || body[row.lists].length > 0)
  return isShown ? [] : [`${row.method} ${row.path} for every tenant: ${status}`]
}

const routeOf = ({ method, path }: Guarded): string => `${method} ${path.replace(/\?.*/, '')}`

async function wishOf(scene: Scene, { method, path, made, body }: Guarded): Promise<Wish> {
  const thing = (await made?.(scene)) ?? ''
  const key = { 'idempotency-key': `k-${crypto.randomUUID()}` }
  const wish = { method, path: path.replace(/\{\w+\}/g, encodeURIComponent(thing)), headers: key }
  return body === undefined ? wish : { ...wish, body: JSON.stringify(body(thing)) }
}

function faultOf(
  { least, wrong, lists, isShared }: Guarded,
  role: Role | null,
  tenant: string,
  { status, body }: Spoken,
): string | null {
  if (role === null) return status === 401 && body.code === 'unauthenticated' ? null : 'should be 401'
  if (ROLES.indexOf(role) < ROLES.indexOf(least))
    return status === 403 && body.code === 'forbidden' ? null : 'should be 403'
  if (tenant === 'other' || isShared) return wrongFault(wrong, lists, status, body)
  if ([401, 403, 404, 500, 503].includes(status)) return 'should be let in'
  return lists !== undefined && lists !== 'doubts' && body[lists].length === 0 ? 'should list it' : null
}

function wrongFault(wrong: Wrong, lists: string | undefined, status: number, body: Spoken['body']): string | null {
  if (wrong === 'forbidden') return status === 403 ? null : 'should be 403 for another tenant'
  if (wrong === 'gone')
    return status === 404 && /^unknown_/.test(body.code) ? null : 'should not be there for another tenant'
  return status === 200 && lists !== undefined && body[lists].length === 0
    ? null
    : 'should list nothing of another tenant'
}

/** Every operation of the document: `GET /v1/runs`. */
async function operationsOf(scene: Scene): Promise<Set<string>> {
  const { body } = await scene.ask({ method: 'GET', path: '/openapi.json' })
  return new Set(
    Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  )
}
