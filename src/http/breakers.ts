import { z } from '@hono/zod-openapi'
import type { Caller } from '../core/access.js'
import { BREAKER_STATES, isBreakerKey } from '../core/breakers.js'
import { MidwatchError } from '../core/errors.js'
import { endpoint } from './endpoint.js'
import { name, nothing, time, words } from './shapes.js'

const BREAKERS = '/v1/breakers'
/** Runs that waited come back spread over this long. */
const JITTER_MS = 2_000

const breakerShape = z
  .object({
    key: z.string(),
    state: z.enum(BREAKER_STATES),
    revision: z.number().int(),
    at: time,
    until: time.nullable().openapi({ description: 'open: when the first probe may begin.' }),
    opened: z.number().int().openapi({ description: 'Times in a row; the cool-down grows with them.' }),
    probes: z.number().int().openapi({ description: 'half_open: probes that may still begin.' }),
    probesMost: z.number().int(),
    by: z.string(),
    reason: z.string().nullable(),
  })
  .openapi('Breaker')

const key = name('tool:NAME or model:PROVIDER/ID.', 'tool:issue_refund').refine(isBreakerKey, 'is no breaker')
const moved = z.object({ key: z.string(), code: z.enum(['ok', 'unchanged']) })

/** Breakers are everybody's: they are for those who see every tenant. */
function mustSeeAll(caller: Caller): void {
  if (caller.tenants === null) return
  throw new MidwatchError('forbidden', `'${caller.principal}' may move no breaker: they are for all tenants.`)
}

const listBreakers = endpoint({
  method: 'get',
  path: BREAKERS,
  tag: 'breakers',
  says: 'List circuit breakers that were ever moved; whatever is not there is closed.',
  role: 'viewer',
  params: nothing,
  query: nothing,
  body: null,
  answers: {
    200: {
      says: 'All of them; none for a token of single tenants.',
      shape: z.object({ now: time, breakers: z.array(breakerShape) }),
    },
  },
  refusals: [],
  act: async ({ caller, ledger }) => {
    const rows = caller.tenants === null ? await ledger.breakers.list() : []
    return { body: { now: await ledger.now(), breakers: rows } }
  },
})

const isolateBreaker = endpoint({
  method: 'post',
  path: `${BREAKERS}/isolate`,
  tag: 'breakers',
  says: 'Isolate one by hand: once this is answered no call under it begins, until it is released.',
  role: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({ key, reason: words('Why; it is kept.').optional() }),
  example: { key: 'tool:issue_refund', reason: 'It pays twice.' },
  answers: { 200: { says: 'It is isolated; `unchanged` where it was before.', shape: moved } },
  refusals: ['forbidden'],
  act: async ({ caller, ledger, body: { key: of, reason } }) => {
    mustSeeAll(caller)
    const p = { key: of, by: caller.principal, ...(reason !== undefined && { reason }) }
    return { body: { key: of, ...(await ledger.breakers.isolate(p)) } }
  },
})

const releaseBreaker = endpoint({
  method: 'post',
  path: `${BREAKERS}/release`,
  tag: 'breakers',
  says: 'Let probes through, from isolation or before a cool-down is over; it closes when they succeed.',
  role: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({ key }),
  example: { key: 'tool:issue_refund' },
  answers: { 200: { says: '`unchanged` where nothing was in the way.', shape: moved } },
  refusals: ['forbidden'],
  act: async ({ caller, ledger, body: { key: of } }) => {
    mustSeeAll(caller)
    const { code } = await ledger.breakers.release({ key: of, by: caller.principal, jitterMs: JITTER_MS })
    return { body: { key: of, code } }
  },
})

export const breakers = [listBreakers, isolateBreaker, releaseBreaker]
