import { z } from '@hono/zod-openapi'
import type { ErrorCode } from '../core/errors.js'
import { definitionNamed } from '../runtime/named.js'
import { redrive } from '../runtime/redrive.js'
import { runView } from '../runtime/run-view.js'
import type { Midwatch } from '../runtime.js'
import { type Asked, endpoint, type Reply } from './endpoint.js'
import { ofRun } from './of-run.js'
import { runShape } from './run-shape.js'
import { nothing, words } from './shapes.js'
import { runFor } from './tenancy.js'

const why = z.strictObject({ reason: words('Why; it is kept.').optional() })

type AskedOfRun = Asked<z.output<typeof ofRun>, unknown, z.output<typeof why>>

/** A verb on one run: `POST /v1/runs/{run}/VERB`, answered with the run as it is afterwards. */
function verb(p: {
  readonly verb: string
  readonly says: string
  readonly answer: string
  readonly refusals?: readonly ErrorCode[]
  readonly act: (mw: Midwatch, runId: string, by: { readonly by: string; readonly reason: string }) => Promise<unknown>
}) {
  return endpoint({
    method: 'post',
    path: `/v1/runs/{run}/${p.verb}`,
    tag: 'runs',
    says: p.says,
    role: 'operator',
    params: ofRun,
    query: nothing,
    body: why,
    example: { reason: 'The customer called.' },
    answers: { 200: { says: p.answer, shape: runShape } },
    refusals: ['unknown_run', ...(p.refusals ?? [])],
    act: async ({ caller, mw, ledger, redaction, params: { run: runId }, body }: AskedOfRun): Promise<Reply> => {
      const before = await runFor(caller, ledger, runId)
      await p.act(mw, runId, { by: caller.principal, reason: body.reason ?? `asked over HTTP: ${p.verb}` })
      return { body: runView(redaction.runFor(caller, (await ledger.run({ runId })) ?? before)) }
    },
  })
}

const cancel = verb({
  verb: 'cancel',
  says: 'End a run as killed: nothing more begins in it, what is under way is aborted. An ended run stays as it is.',
  answer: 'Nothing more begins in it; it ends when its worker has seen that.',
  act: (mw, runId, by) => mw.run(runId).cancel(by),
})

const interrupt = verb({
  verb: 'interrupt',
  says: 'Hold a run: nothing more begins in it until it is resumed.',
  answer: 'Nothing more begins in it.',
  act: (mw, runId, by) => mw.run(runId).interrupt(by),
})

const resume = verb({
  verb: 'resume',
  says: 'Let an interrupted run go on, on any worker.',
  answer: 'It goes on; one that was not held is left as it is.',
  act: (mw, runId, { by }) => mw.run(runId).resume({ by }),
})

const redriveRun = endpoint({
  method: 'post',
  path: '/v1/runs/{run}/redrive',
  tag: 'runs',
  says: 'Start the work of an ended run anew: same input and lineage, so that what was done is not done again. With an Idempotency-Key, sending it again is harmless.',
  role: 'operator',
  params: ofRun,
  query: nothing,
  body: nothing,
  key: 'may',
  answers: {
    201: { says: 'The new run.', shape: runShape },
    200: { says: 'The run that was made before under this key.', shape: runShape },
  },
  refusals: ['unknown_run', 'not_ended', 'invalid_input', 'session_closed', 'session_sequenced'],
  act: async ({ caller, mw, ledger, redaction, params, key }) => {
    const run = await runFor(caller, ledger, params.run)
    const served = mw.definitions.some(({ name }) => name === run.agent)
    const definition = served ? definitionNamed(mw.definitions, run.agent, null, 'This process') : null
    const { runId, isNew } = await redrive(ledger, run.runId, definition, { key })
    const made = await runFor(caller, ledger, runId)
    const [status, location] = [isNew ? 201 : 200, `/v1/runs/${runId}`]
    return { status, body: runView(redaction.runFor(caller, made)), headers: { location } }
  },
})

export const runVerbs = [cancel, interrupt, resume, redriveRun]
