import { z } from '@hono/zod-openapi'
import { type Caller, sees } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import { WINDOWS } from '../core/meters.js'
import { parseScope } from '../core/scope.js'
import { meteredNow } from '../runtime/metered.js'
import { meterUnit } from '../runtime/operator.js'
import { endpoint } from './endpoint.js'
import { name, nothing, time } from './shapes.js'

const METERS = '/v1/meters'

const meterShape = z
  .object({
    scope: z.string(),
    meter: z.string(),
    per: z.enum(WINDOWS),
    window: z.number().int().openapi({ description: 'Its start, ms; -1 for total.' }),
    used: z.number().int(),
    reserved: z.number().int(),
    limit: z.number().int().nullable().openapi({ description: "The operators' ceiling." }),
    unit: z.enum(['count', 'usd_micros', 'bytes']),
  })
  .openapi('Meter')

const listMeters = endpoint({
  method: 'get',
  path: METERS,
  tag: 'meters',
  says: "List shared meters in their present windows, with operators' ceilings. Money is in micro-dollars.",
  role: 'viewer',
  params: nothing,
  query: z.strictObject({ scope: name('Of one scope.', 'tenant:acme').optional() }),
  body: null,
  answers: { 200: { says: 'All of them.', shape: z.object({ now: time, meters: z.array(meterShape) }) } },
  refusals: [],
  act: async ({ caller, ledger, query: { scope } }) => {
    const { now, meters: rows } = await meteredNow(ledger, scope)
    const seen = rows.filter((row) => isOf(caller, row.scope))
    return { body: { now, meters: seen.map((row) => ({ ...row, unit: unitOf(row.meter) })) } }
  },
})

const unitOf = (meter: string): string => {
  const unit = meterUnit(meter)
  return unit === 'usd' ? 'usd_micros' : unit
}

/** `tenant:acme` and what is below it, such as `tenant:acme/refund-desk`; the rest is for those who see every tenant. */
function isOf(caller: Caller, scope: string): boolean {
  if (caller.tenants === null) return true
  const [, kind, of = ''] = /^(tenant|session):([^/]*)/.exec(scope) ?? []
  return kind !== undefined && sees(caller, of)
}

const setCeiling = endpoint({
  method: 'put',
  path: `${METERS}/ceiling`,
  tag: 'meters',
  says: "Set an operators' ceiling on a shared meter, or take it away. It binds the next grant, beside agents' own.",
  role: 'admin',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    scope: name('fleet, tenant:T, agent:A or tool:T.', 'tenant:acme'),
    meter: name('Its name.', 'usd').regex(/^[a-z][a-z0-9_]*$/, 'is no name of a meter'),
    per: z.enum(WINDOWS).default('total'),
    limit: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().openapi({
      description: 'In the smallest unit: micro-dollars for money. null takes it away.',
    }),
  }),
  example: { scope: 'tenant:acme', meter: 'usd', per: 'day', limit: 50_000_000 },
  answers: {
    200: {
      says: 'It is set.',
      shape: z.object({
        scope: z.string(),
        meter: z.string(),
        per: z.enum(WINDOWS),
        limit: z.number().int().nullable(),
        by: z.string(),
      }),
    },
  },
  refusals: ['forbidden', 'invalid_scope'],
  act: async ({ caller, ledger, body }) => {
    const scope = ceilingScope(caller, body.scope)
    const ceiling = { ...body, scope, by: caller.principal }
    await ledger.setCeiling(ceiling)
    return { body: ceiling }
  },
})

/** Operators' ceilings are put on the fleet, a tenant, an agent or a tool. Throws `invalid_scope`, `forbidden`. */
function ceilingScope(caller: Caller, text: string): string {
  const scope = parseScope(text)
  if (!/^(fleet$|tenant:|agent:|tool:)/.test(scope)) {
    throw new MidwatchError(
      'invalid_scope',
      `A ceiling is put on fleet, tenant:NAME, agent:NAME or tool:NAME, not on '${text}'.`,
    )
  }
  if (caller.tenants === null || (scope.startsWith('tenant:') && sees(caller, scope.slice('tenant:'.length))))
    return scope
  throw new MidwatchError('forbidden', `'${caller.principal}' may set no ceiling on ${scope}.`)
}

export const meters = [listMeters, setCeiling]
