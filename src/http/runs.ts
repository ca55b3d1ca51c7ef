import { z } from '@hono/zod-openapi'
import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import { OUTCOMES, RUN_STATES } from '../core/states.js'
import { type AdmitBody, outcomeOfEnded, readBody } from '../runtime/operator.js'
import { runView } from '../runtime/run-view.js'
import { endpoint } from './endpoint.js'
import { ofRun } from './of-run.js'
import { cursorOf, readCursor } from './page.js'
import { outcomeShape, runShape } from './run-shape.js'
import { cursor, json, limit, name, nothing, several, tenant } from './shapes.js'
import { START_REFUSALS, start, startFields } from './start.js'
import { runFor, tenantsFor } from './tenancy.js'

const RUNS = '/v1/runs'
const USUAL = 50

const startRun = endpoint({
  method: 'post',
  path: RUNS,
  tag: 'runs',
  says: 'Start a run. With an Idempotency-Key, sending it again is harmless: the same key with the same input is the same run.',
  role: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({ ...startFields, session: name('Its conversation or case.', 'ann').optional() }),
  example: { agent: 'refund-desk', input: { message: 'Order W1 came broken, please pay me back' } },
  key: 'may',
  answers: {
    201: { says: 'Accepted, and durable.', shape: runShape },
    200: { says: 'It was started before under this key.', shape: runShape },
  },
  refusals: START_REFUSALS,
  act: async ({ body: { session, ...body }, ...asked }) => start(asked, body, session === undefined ? {} : { session }),
})

const filters = z.strictObject({
  tenant: tenant.optional(),
  agent: name('Of one agent or flow.', 'refund-desk').optional(),
  session: name('Of one session.', 'ann').optional(),
  state: several(z.enum(RUN_STATES)).optional(),
  outcome: several(z.enum(OUTCOMES)).optional(),
  limit: limit(200, USUAL),
  cursor,
})

const listRuns = endpoint({
  method: 'get',
  path: RUNS,
  tag: 'runs',
  says: 'List runs, newest first.',
  role: 'viewer',
  params: nothing,
  query: filters,
  body: null,
  answers: { 200: { says: 'A page.', shape: z.object({ runs: z.array(runShape), next: z.string().nullable() }) } },
  refusals: ['forbidden', 'invalid_cursor'],
  act: async ({ caller, ledger, redaction, query }) => {
    const { tenant: named, agent, session, state: states, outcome: outcomes, limit: most, cursor: at } = query
    const list = { caller, path: RUNS, filter: { named, agent, session, states, outcomes } }
    const tenants = tenantsFor(caller, named)
    const [before = ''] = readCursor(at, list, ['string'] as const) ?? []
    const rows = await ledger.runs({
      before,
      limit: most + 1,
      ...(tenants && { tenants }),
      ...(agent !== undefined && { agent }),
      ...(session !== undefined && { session }),
      ...(states && { states }),
      ...(outcomes && { outcomes }),
    })
    const page = rows.slice(0, most)
    const last = page.at(-1)
    const next = rows.length > most && last ? cursorOf([last.runId], list) : null
    return { body: { runs: page.map((run) => runView(redaction.runFor(caller, run))), next } }
  },
})

const readRun = endpoint({
  method: 'get',
  path: `${RUNS}/{run}`,
  tag: 'runs',
  says: 'Read one run, with what it was asked and how it ended.',
  role: 'viewer',
  params: ofRun,
  query: nothing,
  body: null,
  answers: {
    200: {
      says: 'The run; `outcome` is null until it has ended, `input` once it was erased.',
      shape: z.object({ run: runShape, input: json('What it was asked.').nullable(), result: outcomeShape.nullable() }),
    },
  },
  refusals: ['unknown_run'],
  act: async ({ caller, ledger, redaction, params }) => {
    const run = await runFor(caller, ledger, params.run)
    const ended = run.state === 'ended' ? await outcomeOfEnded(ledger, run) : null
    const [input, result] = [await inputOf(ledger, run), ended && redaction.outcomeFor(caller, run, ended)]
    const told = redaction.runFor(caller, run)
    return { body: { run: runView(told), input: redaction.inputFor(caller, run, input), result } }
  },
})

async function inputOf(ledger: Ledger, { runId }: RunRow): Promise<JsonValue> {
  const [first] = await ledger.journal({ runId, from: 1, limit: 1 })
  return readBody<AdmitBody>(first?.body ?? null).input ?? null
}

export const runs = [startRun, listRuns, readRun]
