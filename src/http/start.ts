import { z } from '@hono/zod-openapi'
import { atLeast } from '../core/access.js'
import { PRIORITIES, type Priority } from '../core/queues.js'
import type { BusyPolicy } from '../core/sessions.js'
import type { Duration } from '../core/time.js'
import { definitionNamed } from '../runtime/named.js'
import { runView } from '../runtime/run-view.js'
import type { StartOptions } from '../runtime.js'
import type { Asked, Reply } from './endpoint.js'
import { problem } from './problem.js'
import { duration, json, name, tenant } from './shapes.js'
import { tenantFor } from './tenancy.js'
import { traceIn } from './trace-header.js'

/** What every start says. */
export const startFields = {
  agent: name('The agent or flow.', 'refund-desk'),
  version: z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .openapi({ description: 'Default the newest.' }),
  input: json("The agent's input, by its own schema."),
  tenant: tenant.optional(),
  principal: name('On whose behalf; default the caller.', 'customer:ann').optional(),
  deadline: duration.optional().openapi({ description: 'Total time until it must have ended.' }),
  priority: z.enum(PRIORITIES).optional().openapi({ description: 'How urgent it is; default as the agent says.' }),
}

export interface Started {
  readonly agent: string
  readonly version?: number | undefined
  readonly input: unknown
  readonly tenant?: string | undefined
  readonly principal?: string | undefined
  readonly deadline?: string | undefined
  readonly priority?: Priority | undefined
}

/** How it goes into its session. */
export interface Sent {
  readonly session?: string
  readonly sequence?: number
  readonly whileBusy?: BusyPolicy
}

export const START_REFUSALS = [
  ...(['forbidden', 'invalid_input', 'unknown_agent', 'start_conflict', 'session_busy', 'session_closed'] as const),
  ...(['session_sequenced', 'session_unsequenced', 'sequence_taken', 'sequence_passed'] as const),
]

/** Starts a run for a caller, and answers with it: 201, or 200 when its key was used for the same before. */
export async function start(
  { caller, mw, ledger, key, options, redaction, request }: Omit<Asked<unknown, unknown, unknown>, 'body'>,
  { agent, version, input, ...body }: Started,
  sent: Sent,
): Promise<Reply | ReturnType<typeof problem>> {
  const tenantId = tenantFor(caller, body.tenant)
  const principal = body.principal ?? caller.principal
  // Who may approve must not be able to start in another's name, and then approve it as another.
  if (principal !== caller.principal && atLeast(caller.role, 'approver') && options.access !== 'open') {
    return problem('forbidden', `Who is '${caller.role}' starts runs in their own name alone.`)
  }
  const definition = definitionNamed(mw.definitions, agent, version ?? null, 'This process')
  const { deadline, priority } = body
  const wanted = {
    ...{ input, tenant: tenantId, principal, ...sent },
    ...(key !== null && { key }),
    ...(deadline !== undefined && { deadline: deadline as Duration }),
    ...(priority !== undefined && { priority }),
    ...traceIn(request.headers),
  } as StartOptions<never>
  const { id, isNew } = await mw.start({ name: definition.name, definition }, wanted)
  const run = await ledger.run({ runId: id })
  if (!run) return problem('internal_error', 'The run that was just accepted is not there.')
  return {
    status: isNew ? 201 : 200,
    body: runView(redaction.runFor(caller, run)),
    headers: { location: `/v1/runs/${id}` },
  }
}
