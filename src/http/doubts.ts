import { z } from '@hono/zod-openapi'
import { endpoint } from './endpoint.js'
import { answer, escalationFor, escalationShape, filters, ofEscalation, page, pageOf } from './escalations.js'
import { problem } from './problem.js'
import { json, nothing, words } from './shapes.js'

const DOUBTS = '/v1/doubts'

const listDoubts = endpoint({
  method: 'get',
  path: DOUBTS,
  tag: 'people',
  says: 'List calls of which nobody knows whether they acted, and that a person must decide.',
  role: 'viewer',
  params: nothing,
  query: filters,
  body: null,
  answers: { 200: { says: 'A page.', shape: pageOf('doubts') } },
  refusals: ['forbidden', 'invalid_cursor'],
  act: async ({ query, ...asked }) => {
    const { rows, next } = await page({ ...asked, query: { ...query, kind: 'doubt' } }, DOUBTS)
    return { body: { doubts: rows, next } }
  },
})

const resolveDoubt = endpoint({
  method: 'post',
  path: `${DOUBTS}/{escalation}/resolve`,
  tag: 'people',
  says: 'Say whether a doubted call did take effect. Not before its last moment to act: `notBefore`.',
  role: 'approver',
  params: ofEscalation,
  query: nothing,
  body: z.strictObject({
    happened: z.boolean(),
    result: json('With `happened`: what the call would have answered.').optional(),
    note: words('Why; it is kept.').optional(),
  }),
  example: { happened: true, result: { refundId: 're_1' }, note: 'Found in the books.' },
  answers: { 200: { says: 'It is resolved.', shape: escalationShape } },
  refusals: ['unknown_escalation', 'escalation_closed', 'too_early_to_say', 'answer_unfit'],
  act: async ({ caller, ledger, params, body: { happened, ...said } }) => {
    const asked = await escalationFor(caller, ledger, params.escalation)
    if (asked.kind !== 'doubt') return problem('answer_unfit', `${asked.id} is a matter of ${asked.kind}, no doubt.`)
    const decision = happened ? 'happened' : 'not_happened'
    return answer(ledger, asked, { ...said, decision, by: caller.principal })
  },
})

export const doubts = [listDoubts, resolveDoubt]
