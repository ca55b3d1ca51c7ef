import { z } from '@hono/zod-openapi'
import type { Caller } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import { inspectDatabase } from '../runtime/operator.js'
import {
  isNeeded,
  lostShown,
  type Reconciled,
  reconcileLedger,
  toReconcile,
  UNSURE_RUNS,
} from '../runtime/reconcile/reconcile.js'
import type { Midwatch } from '../runtime.js'
import { endpoint } from './endpoint.js'
import { nothing, time } from './shapes.js'

const count = z.number().int()

const lostShape = z
  .object({
    runId: z.string(),
    seq: count,
    by: z.string().openapi({ description: 'The worker that told of it.' }),
    at: time.openapi({ description: 'When it told.' }),
    keptAs: z.string().nullable(),
    tenant: z.string().nullable(),
    tool: z.string().nullable(),
    input: z.unknown(),
    begunAt: time.nullable(),
    did: z.string().nullable().openapi({ description: 'What its worker heard of it; null: nothing.' }),
  })
  .openapi('LostWrite')

const standingShape = z.object({
  life: z.string(),
  known: z.string(),
  incarnation: count,
  isSynchronous: z.boolean(),
  stopped: z.object({ at: time, why: z.string(), by: z.string(), since: time.nullable() }).nullable(),
})

const appliedShape = z.object({
  incarnation: count,
  released: count.openapi({ description: 'Runs that were held, and are held no more.' }),
  kept: z.array(z.object({ runId: z.string(), code: z.enum(['doubt', 'known']) })),
  unsure: count,
  since: time.nullable(),
})

const reconcileIt = endpoint({
  method: 'post',
  path: '/v1/reconcile',
  tag: 'reconcile',
  says: 'After a restore or a failover: what the ledger has lost, and, with `apply`, how it goes on.',
  role: 'admin',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    apply: z
      .boolean()
      .default(false)
      .openapi({ description: 'Do it: a new incarnation, what was lost in doubt, claims given again.' }),
    unsure: z
      .enum(UNSURE_RUNS)
      .default('all')
      .openapi({ description: 'Which runs may have done what nobody knows of.' }),
    restored: z
      .boolean()
      .default(false)
      .openapi({ description: 'It was restored or failed over, though nobody noticed.' }),
  }),
  example: { apply: false },
  answers: {
    200: {
      says: '`applied` is null where it only looked, or where there was nothing to do.',
      shape: z.object({
        standing: standingShape,
        why: z.string().nullable().openapi({ description: 'Why claims are stopped; null: they are given.' }),
        lost: z.array(lostShape),
        applied: appliedShape.nullable(),
      }),
    },
  },
  refusals: ['forbidden', 'unreconciled'],
  act: async ({ caller, mw, ledger, body: { apply, unsure, restored } }) => {
    mustSeeAll(caller)
    const found = await toReconcile(ledger)
    const isWanted = apply && (isNeeded(found) || restored)
    const applied = isWanted ? await applyIt(mw, { by: caller.principal, unsure }) : null
    const { standing, why } = isWanted ? await toReconcile(ledger) : found
    return { body: { standing, why, lost: found.lost.map(lostShown), applied } }
  },
})

function mustSeeAll(caller: Caller): void {
  if (caller.tenants === null) return
  throw new MidwatchError('forbidden', `'${caller.principal}' may not reconcile: the ledger is of all tenants.`)
}

/** By this process's own way to the database, if that is the schema's owner's and no pooler stands between. */
async function applyIt(
  { databaseUrl: url }: Midwatch,
  p: Omit<Parameters<typeof reconcileLedger>[0], 'url'>,
): Promise<Reconciled> {
  const report = url === '' ? null : await inspectDatabase({ url })
  if (report?.role.ownsSchema && !report.pooled) return reconcileLedger({ url, ...p })
  const why =
    report === null
      ? 'has no database of its own'
      : report.pooled
        ? 'reaches its database through a pooler'
        : `works as '${report.role.name}', which does not own the schema`
  throw new MidwatchError('forbidden', `This process ${why}: use 'midwatch reconcile --apply', as the owner.`)
}

export const reconcile = [reconcileIt]
