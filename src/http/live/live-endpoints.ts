import { z } from '@hono/zod-openapi'
import type { Caller } from '../../core/access.js'
import { ENTRY_KINDS } from '../../core/entries.js'
import type { RunRow } from '../../core/run-row.js'
import type { Asked } from '../endpoint.js'
import { endpoint } from '../endpoint.js'
import { ofRun } from '../of-run.js'
import { problem } from '../problem.js'
import { name, nothing, several, tenant } from '../shapes.js'
import { START_REFUSALS, start } from '../start.js'
import { runFor, tenantFor, tenantsFor } from '../tenancy.js'
import { runToResume, turnOf } from './chat.js'
import { EVENT_STREAM_HEADERS } from './event-stream.js'
import { ledgerEvents } from './ledger-events.js'
import type { Live } from './live.js'
import { runEvents } from './run-events.js'
import { deliver } from './webhooks.js'

const EVENTS = 'text/event-stream'
const place = name('`start`, `head` (default), or the id of an event: what is behind it follows.', 'start')
const lastEventId = (request: Request): string | null => request.headers.get('last-event-id')

const readEvents = endpoint({
  method: 'get',
  path: '/v1/events',
  tag: 'events',
  says: 'Follow all journals as server-sent events, each entry once, from a place on; `Last-Event-ID` goes on.',
  role: 'viewer',
  params: nothing,
  query: z.strictObject({
    from: place.optional(),
    tenant: tenant.optional(),
    agent: name('Only of this agent.', 'refund-desk').optional(),
    session: name('Only of this session.', 'ann').optional(),
    kind: several(z.enum(ENTRY_KINDS)).optional().openapi({ description: 'Only entries of these kinds.' }),
  }),
  body: null,
  isStream: true,
  answers: { 200: { says: 'A stream that goes on; each `id` is a place.', type: EVENTS } },
  refusals: ['forbidden', 'unknown_position'],
  act: ({ caller, live, request, query: { from, tenant: named, agent, session, kind } }) => {
    const filter = { tenants: tenantsFor(caller, named), agent, session, kinds: kind }
    return ledgerEvents(live, caller, { from, lastEventId: lastEventId(request), filter })
  },
})

const readRunEvents = endpoint({
  method: 'get',
  path: '/v1/runs/{run}/events',
  tag: 'events',
  says: 'Follow the journal of a run as server-sent events until it has ended; `Last-Event-ID` goes on.',
  role: 'viewer',
  params: ofRun,
  query: z.strictObject({
    from: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).default(1).openapi({ description: 'First seq.' }),
  }),
  body: null,
  isStream: true,
  answers: {
    200: { says: 'A stream; each `id` is a seq.', type: EVENTS },
    204: { says: 'The run has ended, and nothing follows.', type: EVENTS },
  },
  refusals: ['unknown_run'],
  act: async ({ caller, ledger, live, request, params: { run: runId }, query: { from } }) => {
    const run = await runFor(caller, ledger, runId)
    return runEvents(live, caller, { run, from, lastEventId: lastEventId(request) })
  },
})

type Streaming = Pick<Asked<unknown, unknown, unknown>, 'mw' | 'caller' | 'live'>

/** The run as the AI SDK reads it: the whole message from its first part on, then live. */
function uiStream({ mw, caller, live }: Streaming, run: RunRow): Response {
  const body = mw.run(run.runId).uiMessageStream({
    show: (entry) => live.redaction.entryFor(caller, run, entry),
    words: live.redaction.hearsWords(caller, run),
  })
  return new Response(body, { headers: { ...EVENT_STREAM_HEADERS, 'x-vercel-ai-ui-message-stream': 'v1' } })
}

const readUiStream = endpoint({
  method: 'get',
  path: '/v1/runs/{run}/stream',
  tag: 'chat',
  says: 'A run as an AI SDK UI message stream: the whole message from the journal, then live.',
  role: 'viewer',
  params: ofRun,
  query: nothing,
  body: null,
  isStream: true,
  answers: { 200: { says: 'The stream.', type: EVENTS } },
  refusals: ['unknown_run'],
  act: async (asked) => uiStream(asked, await runFor(asked.caller, asked.ledger, asked.params.run)),
})

const CHAT = '/v1/agents/{agent}/chat'
const ofAgent = z.strictObject({ agent: name('The agent, whose input is { message }.', 'refund-desk') })
const inTenant = z.strictObject({ tenant: tenant.optional() })
const part = z.looseObject({ type: z.string().max(200), text: z.string().optional() })
const message = z.looseObject({ id: name('Of the message.', 'm-1'), role: z.string().max(40), parts: z.array(part) })

const postChat = endpoint({
  method: 'post',
  path: CHAT,
  tag: 'chat',
  says: 'A message of `useChat`, answered as a UI message stream. The chat is a session; sent again it is the same message.',
  role: 'operator',
  params: ofAgent,
  query: inTenant,
  body: z.looseObject({ id: name('Of the chat.', 'chat-1'), messages: z.array(message).max(1_000) }),
  example: {
    id: 'chat-1',
    messages: [{ id: 'm-1', role: 'user', parts: [{ type: 'text', text: 'Where is my order?' }] }],
  },
  isStream: true,
  answers: { 200: { says: 'The stream.', type: EVENTS } },
  refusals: START_REFUSALS,
  act: async (asked) => {
    const { session, key, input } = turnOf(asked.body)
    const reply = await start(
      { ...asked, key },
      { agent: asked.params.agent, input, tenant: asked.query.tenant },
      { session },
    )
    if (!('body' in reply)) return reply
    const { runId } = reply.body as { readonly runId: string }
    return uiStream(asked, await runFor(asked.caller, asked.ledger, runId))
  },
})

const resumeChat = endpoint({
  method: 'get',
  path: `${CHAT}/{chat}/stream`,
  tag: 'chat',
  says: 'What `useChat` resumes: the newest run of a chat that has not ended, whole and then live.',
  role: 'viewer',
  params: ofAgent.extend({ chat: name('Id of the chat.', 'chat-1') }),
  query: inTenant,
  body: null,
  isStream: true,
  answers: { 200: { says: 'The stream.', type: EVENTS }, 204: { says: 'Nothing is under way.', type: EVENTS } },
  refusals: ['forbidden'],
  act: async (asked) => {
    const run = await resumed(asked.live, asked.caller, { ...asked.params, tenant: asked.query.tenant })
    return run ? uiStream(asked, run) : new Response(null, { status: 204 })
  },
})

function resumed(
  { ledger }: Live,
  caller: Caller,
  {
    agent,
    chat,
    tenant: named,
  }: { readonly agent: string; readonly chat: string; readonly tenant: string | undefined },
): Promise<RunRow | null> {
  return runToResume(ledger, { tenant: tenantFor(caller, named), agent, session: chat })
}

const postWebhook = endpoint({
  method: 'post',
  path: '/v1/webhooks/{name}',
  tag: 'webhooks',
  says: 'A delivery from outside, signed by its sender: one run for its id, however often it is sent.',
  role: null,
  params: z.strictObject({ name: name('Name of the webhook.', 'shop') }),
  query: nothing,
  body: z.unknown(),
  isRaw: true,
  answers: {
    201: { says: 'The run that it started.', shape: z.object({ run: z.string().nullable() }) },
    200: {
      says: 'It was known, or asks for nothing (`run` is null).',
      shape: z.object({ run: z.string().nullable() }),
    },
  },
  refusals: ['not_found', 'unauthenticated', ...START_REFUSALS],
  act: async ({ mw, options, params, body, request: { headers } }) => {
    const { name: named } = params
    const { webhooks = {} } = options
    const webhook = Object.hasOwn(webhooks, named) ? webhooks[named] : undefined
    if (!webhook) return problem('not_found', `There is no webhook '${named}'.`)
    const { run, isNew } = await deliver(mw, { name: named, webhook }, { body: body as Uint8Array, headers })
    return { status: isNew ? 201 : 200, body: { run } }
  },
})

export const liveEndpoints = [readEvents, readRunEvents, readUiStream, postChat, resumeChat, postWebhook]
