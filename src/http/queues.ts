import { z } from '@hono/zod-openapi'
import { type Caller, sees } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import { type BoundScope, DEPTH_MOST, isBoundScope, type LineRow } from '../core/queues.js'
import { endpoint } from './endpoint.js'
import { limit, name, nothing, time } from './shapes.js'

const QUEUES = '/v1/queues'
const count = z.number().int()

const queueShape = z
  .object({
    queue: z.string(),
    waiting: count.openapi({ description: `Runs that have not begun; ${DEPTH_MOST} is so many or more.` }),
    oldestAt: time.nullable().openapi({ description: 'When the one that waits longest was admitted.' }),
    servedBy: z.array(z.string()).openapi({ description: 'Workers that look into it now.' }),
  })
  .openapi('Queue')

const lineShape = z
  .object({
    scope: z.string(),
    max: count,
    by: z.string(),
    at: time,
    waiting: count,
    refused: count.openapi({ description: 'Turned away because it was full.' }),
    late: count.openapi({ description: 'Turned away because they could not begin before their deadline.' }),
    shed: count.openapi({ description: 'Ended before they began, for what was more urgent.' }),
    rate: count.nullable().openapi({ description: 'Runs that begin in 1,000 s; null where that is not known.' }),
  })
  .openapi('BoundedLine')

const scope = name('queue:NAME, tenant:NAME, agent:NAME; tenant:* is each without a bound of its own.', 'tenant:acme')

const listQueues = endpoint({
  method: 'get',
  path: QUEUES,
  tag: 'queues',
  says: 'List queues, and what is bounded: how much waits to begin, since when, who serves it, what was turned away.',
  role: 'viewer',
  params: nothing,
  query: z.strictObject({ limit: limit(1_000, 200) }),
  body: null,
  answers: {
    200: {
      says: 'Queues by name, those who see every tenant alone; bounds, of the caller’s tenants, that turned most away first.',
      shape: z.object({ now: time, queues: z.array(queueShape), bounds: z.array(lineShape) }),
    },
  },
  refusals: [],
  act: async ({ caller, ledger, query: { limit: most } }) => {
    const queues = caller.tenants === null ? await ledger.queues.list() : []
    const bounds = (await ledger.queues.lines({ limit: most })).filter((line) => isOf(caller, line))
    return { body: { now: await ledger.now(), queues, bounds } }
  },
})

/** A tenant's own line is shown to who sees that tenant; the others are everybody's, and for those who see all. */
const isOf = (caller: Caller, { scope: of }: LineRow): boolean =>
  caller.tenants === null || (of.startsWith('tenant:') && sees(caller, of.slice('tenant:'.length)))

const setBound = endpoint({
  method: 'put',
  path: `${QUEUES}/bound`,
  tag: 'queues',
  says: 'Bound what may wait to begin, or bound it no more. It binds the next start.',
  role: 'admin',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    scope: scope.refine(isBoundScope, 'is no queue:NAME, tenant:NAME or agent:NAME'),
    max: z.number().int().min(1).max(1_000_000).nullable().openapi({ description: 'null takes it away.' }),
  }),
  example: { scope: 'tenant:*', max: 500 },
  answers: {
    200: { says: 'It is set.', shape: z.object({ scope: z.string(), max: count.nullable(), by: z.string() }) },
  },
  refusals: ['forbidden'],
  act: async ({ caller, ledger, body: { scope: of, max } }) => {
    if (caller.tenants !== null)
      throw new MidwatchError(
        'forbidden',
        `'${caller.principal}' may set no bound: they protect tenants from each other.`,
      )
    const bound = { scope: of as BoundScope, max, by: caller.principal }
    await ledger.queues.setBound(bound)
    return { body: bound }
  },
})

export const queues = [listQueues, setBound]
