import { z } from '@hono/zod-openapi'
import { MidwatchError } from '../core/errors.js'
import { driftIn } from '../runtime/drift/drifted.js'
import { endpoint } from './endpoint.js'
import { name, nothing, time } from './shapes.js'

const WEEKS_MS = 84 * 86_400_000

const counts = z.record(z.string(), z.number())
const mean = z.number().nullable()
const week = z
  .object({
    week: time,
    version: z.number().int().nullable(),
    runs: z.number().int(),
    completed: z.number().int(),
    outcomes: counts,
    tokens: mean.openapi({ description: 'Of a completed run, as are reasoningTokens, usdMicros and latencyMs.' }),
    reasoningTokens: mean,
    usdMicros: mean,
    spentUsdMicros: z.number(),
    attemptsPerStep: mean,
    contextSlope: mean,
    latencyMs: z.object({ p50: mean, p95: mean }),
    refusals: z.number().int(),
    escalations: z.number().int(),
    signals: counts,
    owners: counts,
    scores: counts.openapi({ description: 'Means, from 0 to 1.' }),
    underWay: z.number(),
    erased: z.number().int(),
  })
  .openapi('DriftWeek')
const alarm = z
  .object({
    measure: z.string(),
    direction: z.enum(['up', 'down']),
    meaning: z.enum(['worse', 'better']),
    day: time,
    since: time,
    before: z.number(),
    after: z.number(),
    seen: z.number(),
    version: z.number().int().nullable(),
  })
  .openapi('DriftAlarm')
const trip = z
  .object({
    no: z.number().int(),
    agent: z.string(),
    wire: z.string(),
    scope: z.string(),
    act: z.looseObject({ kind: z.enum(['tell', 'hold', 'end', 'ceilings']) }),
    evidence: z.string().openapi({ description: 'JSON: what it was judged by.' }),
    at: time,
    releasedAt: time.nullable(),
    releasedBy: z.string().nullable(),
  })
  .openapi('Trip')
const release = z.object({ agent: z.string(), version: z.number().int(), at: time })

const readDrift = endpoint({
  method: 'get',
  path: '/v1/drift',
  tag: 'drift',
  says: 'What the runs of agents come to, week by week, over all tenants: with releases, changes and tripwires.',
  role: 'viewer',
  params: nothing,
  query: z.strictObject({
    agent: name('Of one agent.', 'refund-desk').optional(),
    version: z.coerce.number().int().min(1).optional().openapi({ description: 'Of one version.' }),
    since: z.coerce.number().int().min(0).optional().openapi({ description: 'Weeks since then, ms; default 84 days.' }),
  }),
  body: null,
  answers: {
    200: {
      says: 'All of them.',
      shape: z.object({
        now: time,
        since: time,
        progress: z.object({ waiting: z.number().int(), oldest: time.nullable(), lost: z.number().int() }),
        agents: z.array(
          z.object({
            agent: z.string(),
            weeks: z.array(week),
            versions: z.array(z.object({ version: z.number().int(), weeks: z.array(week) })),
            releases: z.array(release),
            tokensAgainstLoad: mean,
            alarms: z.array(alarm),
            trips: z.array(trip),
          }),
        ),
      }),
    },
  },
  refusals: ['forbidden'],
  act: async ({ caller, ledger, query: { agent, version, since } }) => {
    if (caller.tenants !== null) {
      throw new MidwatchError('forbidden', 'Series are of all tenants together: this needs a token of every tenant.')
    }
    const filter = { ...(agent !== undefined && { agent }), ...(version !== undefined && { version }) }
    return { body: await driftIn(ledger, { ...filter, since: since ?? Math.max(0, (await ledger.now()) - WEEKS_MS) }) }
  },
})

export const drift = [readDrift]
