import { z } from '@hono/zod-openapi'
import type { BusyPolicy } from '../core/sessions.js'
import { SessionHandle, type SessionView, unknownSession, viewOf } from '../runtime/operator.js'
import { type Asked, endpoint } from './endpoint.js'
import { cursorOf, readCursor } from './page.js'
import { runShape } from './run-shape.js'
import { cursor, json, limit, name, nothing, tenant, time, words } from './shapes.js'
import { START_REFUSALS, start, startFields } from './start.js'
import { tenantFor, tenantsFor } from './tenancy.js'

const SESSIONS = '/v1/sessions'
const POLICIES = ['queue', 'steer', 'replace', 'refuse'] as const satisfies readonly BusyPolicy[]

const sessionShape = z
  .object({
    tenant: z.string(),
    session: z.string(),
    lastNo: z.number().int(),
    turnNo: z.number().int(),
    active: z.string().nullable(),
    sequenced: z.boolean(),
    gapDueAt: time.nullable(),
    state: z.object({ version: z.number().int(), value: json('As its agent wrote it.').nullable() }).nullable(),
    closed: z.object({ by: z.string(), reason: z.string().nullable(), at: time }).nullable(),
    opened: z.number().int(),
    openedAt: time,
    lastAt: time,
    idleMs: z.number().int().nullable(),
  })
  .openapi('Session')

const ofSession = z.strictObject({ session: name('Name of a session.', 'ann') })
const inTenant = z.strictObject({ tenant: tenant.optional() })

const listSessions = endpoint({
  method: 'get',
  path: SESSIONS,
  tag: 'sessions',
  says: 'List sessions, in order of tenant and name.',
  role: 'viewer',
  params: nothing,
  query: inTenant.extend({ closed: z.enum(['true', 'false']).optional(), limit: limit(200, 50), cursor }),
  body: null,
  answers: {
    200: { says: 'A page.', shape: z.object({ sessions: z.array(sessionShape), next: z.string().nullable() }) },
  },
  refusals: ['forbidden', 'invalid_cursor'],
  act: async ({ caller, ledger, redaction, query: { tenant: named, closed, limit: most, cursor: at } }) => {
    const list = { caller, path: SESSIONS, filter: { named, closed } }
    const tenants = tenantsFor(caller, named)
    const behind = readCursor(at, list, ['string', 'string'] as const)
    const rows = await ledger.sessions({
      limit: most + 1,
      ...(tenants && { tenants }),
      ...(closed !== undefined && { closed: closed === 'true' }),
      ...(behind && { after: { tenant: behind[0], session: behind[1] } }),
    })
    const page = rows.slice(0, most)
    const last = page.at(-1)
    const next = rows.length > most && last ? cursorOf([last.tenant, last.session], list) : null
    const told = await Promise.all(page.map((row) => redaction.sessionFor(caller, viewOf(row))))
    return { body: { sessions: told, next } }
  },
})

type AskedOfSession = Asked<z.output<typeof ofSession>, z.output<typeof inTenant>, unknown>

const handleOf = ({ caller, ledger, params, query }: AskedOfSession): SessionHandle =>
  new SessionHandle({ tenant: tenantFor(caller, query.tenant), session: params.session }, ledger)

/** The session as it is. Throws `unknown_session`. */
async function seen(
  { caller, redaction }: Pick<AskedOfSession, 'caller' | 'redaction'>,
  handle: SessionHandle,
): Promise<SessionView> {
  const found = await handle.read()
  if (found) return redaction.sessionFor(caller, found)
  throw unknownSession(handle.at)
}

const readSession = endpoint({
  method: 'get',
  path: `${SESSIONS}/{session}`,
  tag: 'sessions',
  says: 'Read one session, with its state. Its messages are runs: GET /v1/runs?session=NAME.',
  role: 'viewer',
  params: ofSession,
  query: inTenant,
  body: null,
  answers: { 200: { says: 'The session.', shape: sessionShape } },
  refusals: ['forbidden', 'unknown_session'],
  act: async (asked) => ({ body: await seen(asked, handleOf(asked)) }),
})

const sendMessage = endpoint({
  method: 'post',
  path: `${SESSIONS}/{session}/messages`,
  tag: 'sessions',
  says: 'Send a message to a session: worked once per Idempotency-Key, in order, one run at a time. Accepted means durable.',
  role: 'operator',
  params: ofSession,
  query: nothing,
  body: z.strictObject({
    ...startFields,
    sequence: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().openapi({
      description: 'Its number as the sender counts; a session’s messages all have one, or none.',
    }),
    whileBusy: z.enum(POLICIES).optional().openapi({
      description: 'When another message is being worked; default as the agent says.',
    }),
  }),
  example: { agent: 'refund-desk', input: { message: 'It was order W7' }, whileBusy: 'steer' },
  key: 'must',
  answers: {
    201: { says: 'Accepted as a run.', shape: runShape },
    200: { says: 'It was accepted before under this key.', shape: runShape },
  },
  refusals: START_REFUSALS,
  act: async ({ body: { sequence, whileBusy, ...body }, ...asked }) =>
    start(asked, body, {
      session: asked.params.session,
      ...(sequence !== undefined && { sequence }),
      ...(whileBusy !== undefined && { whileBusy }),
    }),
})

const closeSession = endpoint({
  method: 'post',
  path: `${SESSIONS}/{session}/close`,
  tag: 'sessions',
  says: 'Take no message any more; those that were accepted are worked.',
  role: 'operator',
  params: ofSession,
  query: inTenant,
  body: z.strictObject({ reason: words('Why; it is kept.').optional() }),
  example: { reason: 'The case is settled.' },
  answers: { 200: { says: 'It is closed.', shape: sessionShape } },
  refusals: ['forbidden', 'unknown_session'],
  act: async ({ body: { reason }, ...asked }) => {
    const handle = handleOf({ ...asked, body: null })
    await handle.close({ by: asked.caller.principal, ...(reason !== undefined && { reason }) })
    return { body: await seen(asked, handle) }
  },
})

const reopenSession = endpoint({
  method: 'post',
  path: `${SESSIONS}/{session}/reopen`,
  tag: 'sessions',
  says: 'Take messages again.',
  role: 'operator',
  params: ofSession,
  query: inTenant,
  body: nothing,
  answers: { 200: { says: 'It is open.', shape: sessionShape } },
  refusals: ['forbidden', 'unknown_session'],
  act: async (asked) => {
    const handle = handleOf(asked)
    await handle.reopen({ by: asked.caller.principal })
    return { body: await seen(asked, handle) }
  },
})

export const sessions = [listSessions, readSession, sendMessage, closeSession, reopenSession]
