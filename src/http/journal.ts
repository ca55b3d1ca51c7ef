import { z } from '@hono/zod-openapi'
import { ENTRY_KINDS, type Entry } from '../core/entries.js'
import type { JsonValue } from '../core/json.js'
import { endpoint } from './endpoint.js'
import { ofRun } from './of-run.js'
import { json, limit, time } from './shapes.js'
import { runFor } from './tenancy.js'

const entryShape = z
  .object({
    seq: z.number().int(),
    kind: z.enum(ENTRY_KINDS),
    at: time,
    fence: z.number().int(),
    epoch: z.number().int(),
    ref: z.number().int().nullable(),
    facts: z.looseObject({}),
    body: json('Null once it was erased.').nullable(),
    digest: z.string(),
    hash: z.string(),
  })
  .openapi('Entry')

const readJournal = endpoint({
  method: 'get',
  path: '/v1/runs/{run}/journal',
  tag: 'runs',
  says: 'Read the journal of a run, in order.',
  role: 'viewer',
  params: ofRun,
  query: z.strictObject({
    from: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).default(1).openapi({ description: 'First seq.' }),
    limit: limit(500, 100),
  }),
  body: null,
  answers: {
    200: {
      says: 'A page; `next` is the seq that the next one begins with, null where the journal ends for now.',
      shape: z.object({ entries: z.array(entryShape), next: z.number().int().nullable() }),
    },
  },
  refusals: ['unknown_run'],
  act: async ({ caller, ledger, redaction, params: { run: runId }, query: { from, limit: most } }) => {
    const run = await runFor(caller, ledger, runId)
    const entries = await ledger.journal({ runId, from, limit: most + 1 })
    const next = entries[most]?.seq ?? null
    const page = await Promise.all(entries.slice(0, most).map((entry) => redaction.entryFor(caller, run, entry)))
    return { body: { entries: page.map(shown), next } }
  },
})

function shown({ seq, kind, at, fence, epoch, ref, facts, body, digest, hash }: Entry) {
  const read = body === null ? null : (JSON.parse(body) as JsonValue)
  return { seq, kind, at, fence, epoch, ref, facts, body: read, digest, hash }
}

export const journal = [readJournal]
