import { z } from '@hono/zod-openapi'
import { OWNERS } from '../core/owner.js'
import { PRIORITIES } from '../core/queues.js'
import { OUTCOMES, RUN_STATES } from '../core/states.js'
import { time } from './shapes.js'

const text = z.string()
const textOrNull = z.string().nullable()
const timeOrNull = time.nullable()

/** A run as lists give it. */
export const runShape = z
  .object({
    runId: text,
    agent: text,
    version: z.number().int(),
    tenant: text,
    queue: text,
    priority: z.enum(PRIORITIES),
    session: textOrNull,
    sessionNo: z.number().int().nullable(),
    key: textOrNull.openapi({ description: 'The Idempotency-Key that it was started under.' }),
    principal: textOrNull,
    origin: text.openapi({ description: 'The first run of its lineage.' }),
    parent: z.object({ runId: text, step: text }).nullable(),
    depth: z.number().int(),
    continues: textOrNull,
    continuedAs: textOrNull,
    state: z.enum(RUN_STATES),
    waits: textOrNull,
    dueAt: timeOrNull,
    outcome: z.enum(OUTCOMES).nullable(),
    detail: textOrNull,
    owner: z.enum(OWNERS).nullable().openapi({ description: 'Of a failed run: whose fault it was.' }),
    createdAt: time,
    endedAt: timeOrNull,
    deadlineAt: time,
    headSeq: z.number().int(),
    workerId: z.number().int().nullable(),
    open: z.array(z.number().int()),
    meters: z.record(z.string(), z.object({ used: z.number(), reserved: z.number() })),
  })
  .openapi('Run')

/** How a run ended. */
export const outcomeShape = z.looseObject({ status: z.enum(OUTCOMES) }).openapi('Outcome', {
  description: 'By status: output; reason, rule and say; to; meter, used and limit; code and owner; scope and by.',
})
