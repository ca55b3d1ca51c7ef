import { z } from '@hono/zod-openapi'
import { SCORE_SOURCES } from '../core/scores.js'
import { giveThumb } from '../runtime/scores.js'
import { endpoint } from './endpoint.js'
import { ofRun } from './of-run.js'
import { nothing, time, words } from './shapes.js'
import { runFor } from './tenancy.js'

const SCORES = '/v1/runs/{run}/scores'

const scoreShape = z
  .object({
    runId: z.string(),
    agent: z.string(),
    version: z.number().int(),
    tenant: z.string(),
    name: z.string(),
    value: z.number().min(0).max(1),
    by: z.enum(SCORE_SOURCES),
    who: z.string().nullable().openapi({ description: 'Of a person: who it was.' }),
    at: time,
    usdMicros: z.number().int().openapi({ description: 'What it cost to find out, in micro-dollars.' }),
    reason: z.string().nullable(),
  })
  .openapi('Score')

const listed = z.object({ scores: z.array(scoreShape) })

const readScores = endpoint({
  method: 'get',
  path: SCORES,
  tag: 'runs',
  says: 'Read how good the outcome of a run was, by everybody who said so.',
  role: 'viewer',
  params: ofRun,
  query: nothing,
  body: null,
  answers: { 200: { says: 'In order of time; empty where nobody did.', shape: listed } },
  refusals: ['unknown_run'],
  act: async ({ caller, ledger, redaction, params }) => {
    const run = await runFor(caller, ledger, params.run)
    const scores = await ledger.scores.of({ runId: run.runId })
    return { body: { scores: scores.map((score) => redaction.scoreFor(caller, run, score)) } }
  },
})

const giveScore = endpoint({
  method: 'post',
  path: SCORES,
  tag: 'runs',
  says: 'Say how good the outcome of an ended run was: a thumb up or down. The last word of a caller holds.',
  role: 'operator',
  params: ofRun,
  query: nothing,
  body: z.strictObject({
    up: z.boolean().openapi({ description: 'Up is 1, down is 0.' }),
    reason: words('Why; it is kept.').optional(),
  }),
  example: { up: false, reason: 'The customer had to call again.' },
  answers: { 200: { says: 'All scores of the run; of one that went on as another, of the last.', shape: listed } },
  refusals: ['unknown_run', 'not_ended'],
  act: async ({ caller, ledger, redaction, params, body: { up, reason } }) => {
    const run = await runFor(caller, ledger, params.run)
    const said = { up, by: caller.principal, ...(reason !== undefined && { reason }) }
    const scores = await giveThumb(ledger, run.runId, said)
    return { body: { scores: scores.map((score) => redaction.scoreFor(caller, run, score)) } }
  },
})

export const scores = [readScores, giveScore]
