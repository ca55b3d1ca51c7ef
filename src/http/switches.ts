import { z } from '@hono/zod-openapi'
import { type Caller, sees } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import type { SwitchRow } from '../core/operated.js'
import { parseScope } from '../core/scope.js'
import { engage } from '../runtime/engage.js'
import { systemClock } from '../runtime/operator.js'
import { endpoint } from './endpoint.js'
import { cursorOf, readCursor } from './page.js'
import { cursor, limit, name, nothing, time, words } from './shapes.js'
import { runFor, tenantFor } from './tenancy.js'

const SWITCHES = '/v1/switches'
/** Held runs come back spread over this long, so that they do not all call the same provider at once. */
const JITTER_MS = 2_000

/** Whose run a scope names must be asked of the ledger: of so many at most for one page. */
const LOOKED_AT = 500

const switchShape = z
  .object({
    scope: z.string(),
    mode: z.enum(['hold', 'end']),
    engaged: z.boolean(),
    epoch: z.number().int(),
    by: z.string(),
    reason: z.string().nullable(),
    at: time,
  })
  .openapi('Switch')

const scope = name('fleet, tenant:T, agent:A, tool:T, session:TENANT/S or run:R.', 'tenant:acme')

const listSwitches = endpoint({
  method: 'get',
  path: SWITCHES,
  tag: 'switches',
  says: 'List kill switches, in order of scope; engaged ones unless it is said otherwise.',
  role: 'viewer',
  params: nothing,
  query: z.strictObject({ engaged: z.enum(['true', 'all']).default('true'), limit: limit(200, 50), cursor }),
  body: null,
  answers: {
    200: {
      says: 'A page; a short one is the last only if `next` is null.',
      shape: z.object({ switches: z.array(switchShape), next: z.string().nullable() }),
    },
  },
  refusals: ['invalid_cursor'],
  act: async ({ caller, ledger, query: { engaged, limit: most, cursor: at } }) => {
    const list = { caller, path: SWITCHES, filter: { engaged } }
    const [after = ''] = readCursor(at, list, ['string'] as const) ?? []
    const rows = (await ledger.switches())
      .filter((row) => (engaged === 'all' || row.engaged) && row.scope > after)
      .sort((a, b) => (a.scope < b.scope ? -1 : 1))
    const page: SwitchRow[] = []
    let looked = 0
    for (; looked < Math.min(rows.length, LOOKED_AT) && page.length < most; looked += 1) {
      const row = rows[looked]
      if (row && (await covers(caller, ledger, row.scope))) page.push(row)
    }
    const last = rows[looked - 1]
    return { body: { switches: page, next: looked < rows.length && last ? cursorOf([last.scope], list) : null } }
  },
})

/** Whether a switch is one of the caller's own: what covers several tenants is for those who see every one. */
async function covers(caller: Caller, ledger: Ledger, of: string): Promise<boolean> {
  if (caller.tenants === null) return true
  const [kind = '', ...rest] = of.split(':')
  const named = rest.join(':')
  if (kind === 'tenant') return sees(caller, named)
  if (kind === 'session') return sees(caller, named.split('/')[0] ?? '')
  if (kind !== 'run') return false
  const run = await ledger.run({ runId: named })
  return run !== null && sees(caller, run.tenant)
}

/** A scope that the caller may switch. Throws `invalid_scope`, `forbidden`, `unknown_run`. */
async function scopeFor(caller: Caller, ledger: Ledger, text: string): Promise<string> {
  const wanted = parseScope(text.startsWith('session:') ? withTenant(caller, text) : text)
  if (wanted.startsWith('run:')) await runFor(caller, ledger, wanted.slice('run:'.length))
  if (await covers(caller, ledger, wanted)) return wanted
  throw new MidwatchError('forbidden', `'${caller.principal}' may switch nothing in ${wanted}.`)
}

/** `session:S` means the session of the caller's only tenant. */
function withTenant(caller: Caller, text: string): string {
  const of = text.slice('session:'.length)
  return of.includes('/') || of === '' ? text : `session:${tenantFor(caller, undefined)}/${of}`
}

const engageSwitch = endpoint({
  method: 'post',
  path: `${SWITCHES}/engage`,
  tag: 'switches',
  says: 'Engage a kill switch: once this is answered no step begins in its scope, on any worker.',
  role: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    scope,
    mode: z.enum(['hold', 'end']).openapi({ description: '`hold` keeps the runs until release, `end` ends them.' }),
    reason: words('Why; it is kept.').optional(),
  }),
  example: { scope: 'tenant:acme', mode: 'hold', reason: 'Double refunds.' },
  answers: {
    200: {
      says: 'It is engaged. What was under way is aborted, and listed.',
      shape: z.object({
        scope: z.string(),
        mode: z.enum(['hold', 'end']),
        epoch: z.number().int(),
        at: time,
        terminated: z.number().int().openapi({ description: 'Connections that stood in the way and were ended.' }),
        lastAbortMs: z.number().nullable(),
        underWay: z.array(z.looseObject({ runId: z.string(), seq: z.number().int(), name: z.string(), begunAt: time })),
      }),
    },
  },
  refusals: ['forbidden', 'invalid_scope', 'unknown_run'],
  act: async ({ caller, ledger, body: { scope: text, mode, reason } }) => {
    const wanted = await scopeFor(caller, ledger, text)
    const p = { scope: wanted, mode, by: caller.principal, waitMs: 0, ...(reason !== undefined && { reason }) }
    // Who works here is nobody's business but the operator's of all tenants, who has the command line.
    const { silent: _, underWay, ...engaged } = await engage(ledger, systemClock, p)
    return { body: { ...engaged, underWay: underWay.map(({ workerId: _id, ...call }) => call) } }
  },
})

const releaseSwitch = endpoint({
  method: 'post',
  path: `${SWITCHES}/release`,
  tag: 'switches',
  says: 'Release a kill switch; what it held goes on.',
  role: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({ scope }),
  example: { scope: 'tenant:acme' },
  answers: {
    200: {
      says: '`released` is false where it was not engaged.',
      shape: z.object({ scope: z.string(), epoch: z.number().int(), at: time, released: z.boolean() }),
    },
  },
  refusals: ['forbidden', 'invalid_scope', 'unknown_run'],
  act: async ({ caller, ledger, body }) => {
    const wanted = await scopeFor(caller, ledger, body.scope)
    const released = await ledger.release({ scope: wanted, by: caller.principal, jitterMs: JITTER_MS })
    return { body: { scope: wanted, ...released } }
  },
})

export const switches = [listSwitches, engageSwitch, releaseSwitch]
