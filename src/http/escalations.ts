import { z } from '@hono/zod-openapi'
import { type Caller, sees } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import { DECISIONS, type Decision, ESCALATION_KINDS, ESCALATION_STATES, type Escalation } from '../core/escalation.js'
import { canonical, type JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import { type Asked, endpoint, type Reply } from './endpoint.js'
import { cursorOf, readCursor } from './page.js'
import { type Problem, problem } from './problem.js'
import { cursor, json, limit, name, nothing, tenant, time, words } from './shapes.js'
import { tenantsFor } from './tenancy.js'

export const escalationShape = z
  .object({
    id: z.string(),
    tenant: z.string(),
    runId: z.string(),
    agent: z.string(),
    kind: z.enum(ESCALATION_KINDS),
    tool: z.string().nullable(),
    args: z.string().openapi({ description: 'Digest of the exact arguments that are asked about; `show` has them.' }),
    show: json('What a person is shown.').nullable(),
    chain: z.array(z.looseObject({ to: z.string(), withinMs: z.number() })),
    rung: z.number().int(),
    dueAt: time,
    notBefore: time.nullable(),
    people: z.number().int().openapi({ description: 'How many different people must say yes; one no is a no.' }),
    selfApproval: z.boolean().openapi({ description: 'Whoever asked for the run may approve it too.' }),
    first: z.object({ by: z.string(), note: z.string().nullable(), at: time }).nullable(),
    state: z.enum(ESCALATION_STATES),
    decision: z.enum(DECISIONS).nullable(),
    by: z.string().nullable(),
    note: z.string().nullable(),
    result: json('What a person vouches for, or answered.').nullable(),
    version: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Of the agent that asked: an approval is for that one.' }),
    usedBy: z.string().nullable().openapi({ description: 'The step that was begun under it: it allows one.' }),
    openedAt: time,
    answeredAt: time.nullable(),
  })
  .openapi('Escalation')

export const ofEscalation = z.strictObject({ escalation: name('Id of an escalation.', 'esc_019a3b5c') })

const ESCALATIONS = '/v1/escalations'

export const filters = z.strictObject({
  tenant: tenant.optional(),
  state: z.enum(ESCALATION_STATES).default('open'),
  run: name('Of one run.', '019a3b5c-0000-7000-8000-000000000000').optional(),
  limit: limit(200, 50),
  cursor,
})

const listEscalations = endpoint({
  method: 'get',
  path: ESCALATIONS,
  tag: 'people',
  says: 'List what waits for a person, in the order in which it was asked.',
  role: 'viewer',
  params: nothing,
  query: filters.extend({ kind: z.enum(ESCALATION_KINDS).optional() }),
  body: null,
  answers: { 200: { says: 'A page.', shape: pageOf('escalations') } },
  refusals: ['forbidden', 'invalid_cursor'],
  act: async (asked) => {
    const { rows, next } = await page(asked, ESCALATIONS)
    return { body: { escalations: rows, next } }
  },
})

export function pageOf(rows: string) {
  return z.object({ [rows]: z.array(escalationShape), next: z.string().nullable() })
}

type Wanted = z.output<typeof filters> & { readonly kind?: Escalation['kind'] | undefined }

/** A page of questions that the caller may see. */
export async function page({ caller, ledger, redaction, query }: Asked<unknown, Wanted, unknown>, path: string) {
  const { tenant: named, state, run: runId, kind, limit: most, cursor: at } = query
  const list = { caller, path, filter: { named, state, runId, kind } }
  const tenants = tenantsFor(caller, named)
  const behind = readCursor(at, list, ['number', 'string'] as const)
  const rows = await ledger.escalations({
    state,
    limit: most + 1,
    ...(tenants && { tenants }),
    ...(kind !== undefined && { kind }),
    ...(runId !== undefined && { runId }),
    ...(behind && { after: { openedAt: behind[0], id: behind[1] } }),
  })
  const shownRows = rows.slice(0, most)
  const last = shownRows.at(-1)
  const next = rows.length > most && last ? cursorOf([last.openedAt, last.id], list) : null
  const told = await Promise.all(shownRows.map((one) => redaction.questionFor(caller, one)))
  return { rows: told.map(shown), next }
}

const readEscalation = endpoint({
  method: 'get',
  path: `${ESCALATIONS}/{escalation}`,
  tag: 'people',
  says: 'Read one question to a person, with its exact arguments.',
  role: 'viewer',
  params: ofEscalation,
  query: nothing,
  body: null,
  answers: { 200: { says: 'The escalation.', shape: escalationShape } },
  refusals: ['unknown_escalation'],
  act: async ({ caller, ledger, redaction, params }) => {
    const asked = await escalationFor(caller, ledger, params.escalation)
    return { body: shown(await redaction.questionFor(caller, asked)) }
  },
})

const answerEscalation = endpoint({
  method: 'post',
  path: `${ESCALATIONS}/{escalation}/answer`,
  tag: 'people',
  says: 'Give a person’s answer, once, for exactly the arguments that were shown.',
  role: 'approver',
  params: ofEscalation,
  query: nothing,
  body: z.strictObject({
    decision: z.enum(DECISIONS),
    args: name('`args` as it was shown: refused when the arguments are others by now.', '9f86d081884c7d65').optional(),
    note: words('Why; it is kept.').optional(),
    result: json(
      'With `answer`, the answer; with `happened`, what the call would have answered; with `approve`, other arguments: they are proposed and judged in place of those that were shown.',
    ).optional(),
  }),
  example: { decision: 'approve', note: 'Seen the photographs.' },
  answers: { 200: { says: 'It is taken; open still where another person must say yes, too.', shape: escalationShape } },
  refusals: [
    'unknown_escalation',
    'escalation_closed',
    'too_early_to_say',
    'answer_unfit',
    'own_request',
    'same_person',
  ],
  act: async ({ caller, ledger, params, body }) => {
    const asked = await escalationFor(caller, ledger, params.escalation)
    return answer(ledger, asked, { ...body, by: caller.principal })
  },
})

/** An escalation that the caller may see. Throws `unknown_escalation`. */
export async function escalationFor(caller: Caller, ledger: Ledger, id: string): Promise<Escalation> {
  const [found] = await ledger.escalations({ id })
  if (found && sees(caller, found.tenant)) return found
  throw new MidwatchError('unknown_escalation', `Nobody is asked anything under '${id}'.`)
}

export interface Said {
  readonly decision: Decision
  readonly by: string
  readonly args?: string | undefined
  readonly note?: string | undefined
  readonly result?: unknown
}

/** Gives an answer to the ledger, which takes it once; a problem where it does not. */
export async function answer(ledger: Ledger, asked: Escalation, said: Said): Promise<Reply | Problem> {
  const { decision, by, args, note, result } = said
  if (result !== undefined && (decision === 'deny' || decision === 'not_happened')) {
    return problem('answer_unfit', `A result goes with 'answer', 'happened' and 'approve', not with '${decision}'.`)
  }
  if (decision === 'answer' && result === undefined) {
    return problem('answer_unfit', "'answer' needs the answer as its result.")
  }
  const taken = await ledger.answer({
    ...{ id: asked.id, decision, by },
    args: args ?? asked.args,
    ...(note !== undefined && { note }),
    ...(result !== undefined && { result: canonical(result) }),
  })
  if (taken.code !== 'ok') return whyNot(asked, by, taken)
  const [after = asked] = await ledger.escalations({ id: asked.id })
  return { body: shown(after) }
}

function whyNot({ id, kind }: Escalation, by: string, taken: Awaited<ReturnType<Ledger['answer']>>): Problem {
  switch (taken.code) {
    case 'closed':
      return problem('escalation_closed', `${id} is ${taken.state ?? 'closed'} already; nothing was changed.`)
    case 'other_arguments':
      return problem('escalation_closed', `What ${id} asks is not about these arguments; read it again.`)
    case 'too_early':
      return problem(
        'too_early_to_say',
        `Until ${taken.notBefore ?? 0} ms it may still be happening; say then that it did not.`,
      )
    case 'requester':
      return problem('own_request', `${by} asked for this run: somebody else must allow it.`)
    case 'same_person':
      return problem('same_person', `${by} said yes to ${id} already; the second must be somebody else.`)
    case 'wrong_kind':
      return problem('answer_unfit', `${id} is a matter of ${kind}: ${FITTING[kind]}.`)
    default:
      return problem('unknown_escalation', `Nobody is asked anything under '${id}'.`)
  }
}

const FITTING: Readonly<Record<Escalation['kind'], string>> = {
  approval: 'approve or deny',
  doubt: 'happened or not_happened',
  question: 'answer, with a result',
}

/** What was shown and said goes out as the JSON that it is. */
export function shown(one: Escalation) {
  const first = one.first && { by: one.first.by, note: one.first.note, at: one.first.at }
  return { ...one, first, show: read(one.show), result: one.result === null ? null : read(one.result) }
}

/** Erased words are no JSON. */
function read(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}

export const escalations = [listEscalations, readEscalation, answerEscalation]
