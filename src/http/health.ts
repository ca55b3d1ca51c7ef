import { z } from '@hono/zod-openapi'
import { type Endpoint, endpoint } from './endpoint.js'
import { problem } from './problem.js'
import { nothing } from './shapes.js'

const healthz = endpoint({
  method: 'get',
  path: '/healthz',
  tag: 'process',
  says: 'The process lives. Asks nothing of the ledger.',
  role: null,
  params: nothing,
  query: z.object({}),
  body: null,
  answers: { 200: { says: 'It lives.', shape: z.object({ ok: z.literal(true) }) } },
  refusals: [],
  act: async () => ({ body: { ok: true } }),
})

const readyz = endpoint({
  method: 'get',
  path: '/readyz',
  tag: 'process',
  says: 'The process can take work: the ledger answers, its schema is right, and a worker of this process is registered and not behind.',
  role: null,
  params: nothing,
  query: z.object({}),
  body: null,
  answers: {
    200: {
      says: 'It can.',
      shape: z.object({
        ok: z.literal(true),
        worker: z.boolean().openapi({ description: 'Whether this process works runs.' }),
      }),
    },
  },
  refusals: ['not_ready'],
  act: async ({ mw }) => {
    const { missing, worker } = await mw.readiness()
    if (missing.length > 0) return problem('not_ready', `${missing.join('; ')}.`)
    return { body: { ok: true, worker } }
  },
})

const metrics = endpoint({
  method: 'get',
  path: '/metrics',
  tag: 'process',
  says: 'Metrics as Prometheus reads them, over all tenants.',
  role: 'viewer',
  params: nothing,
  query: z.object({}),
  body: null,
  answers: { 200: { says: 'The text.', type: 'text/plain' } },
  refusals: ['forbidden'],
  act: async ({ caller, options }) => {
    if (caller.tenants !== null) return problem('forbidden', 'Metrics are over all tenants; this token is for some.')
    const text = (await options.metrics?.()) ?? ''
    return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
  },
})

export const health: readonly Endpoint[] = [healthz, readyz, metrics]
