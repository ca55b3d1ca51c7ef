/** The public surface of `midwatch`. */
import type { Api } from './http/app.js'
import type { NodeListener } from './http/node-listener.js'
import type { WithHttp } from './http/options.js'
import { loadTelemetry } from './otel/load.js'
import type { Midwatch as Runtime, MidwatchOptions as RuntimeOptions } from './runtime.js'

export type { Caller, Role } from './core/access.js'
export type { BreakerRow, BreakerState } from './core/breakers.js'
export { ERROR_CODES, type ErrorCode, MidwatchError } from './core/errors.js'
export type { Json, JsonValue } from './core/json.js'
export type { Ledger } from './core/ledger.js'
export type { Usd } from './core/money.js'
export type { Observed } from './core/observed.js'
export type { Owner } from './core/owner.js'
export type { Reason } from './core/refusals.js'
export type { ScoreRow, ScoreSource } from './core/scores.js'
export type { BusyPolicy } from './core/sessions.js'
export type { Outcome, OutcomeStatus, RunState } from './core/states.js'
export type { TelemetryOptions } from './core/telemetry.js'
export type { Duration } from './core/time.js'
export type { TraceContext } from './core/trace.js'
export type { Effected, Remaining, WoundDown } from './core/wound-down.js'
export type { Breach } from './govern/breach.js'
export type { BreakerOptions } from './govern/breaker.js'
export type { Ceilings, Limits, Windowed } from './govern/ceilings.js'
export type { LowConfidence } from './govern/confidence/low.js'
export type { BreakersOptions, ContainmentOptions } from './govern/containment.js'
export type { Tripwire } from './govern/drift/tripwire.js'
export type { Facts } from './govern/facts.js'
export type { RetryBudgetOptions } from './govern/retry-budget.js'
export type { CodeScorer, ScoredRun } from './govern/scores/scorer.js'
export type { SignalPolicies, SignalPolicy } from './govern/signals/policy.js'
export { SIGNALS, type SignalName } from './govern/signals/signal.js'
export { allow, escalate, refuse, type Verdict } from './govern/verdict.js'
export type { WindDown, WindDownByEnd } from './govern/wind-down.js'
export type { Api } from './http/app.js'
export type { Delivery, Verify } from './http/live/signatures.js'
export type { Webhook, Webhooks } from './http/live/webhooks.js'
export type { ApiLimits, ApiOptions } from './http/options.js'
export type { From } from './http/stage.js'
export { type MemoryLedger, memoryLedger } from './ledger/memory/ledger.js'
export type { Model, ModelPort } from './models/port.js'
export type { PriceList, PriceText } from './models/price.js'
export { type Agent, type AgentOptions, agent } from './orchestrator/agent.js'
export { asTool } from './orchestrator/agent-tool.js'
export type { ConfidenceOptions } from './orchestrator/confidence/plan.js'
export type { Ctx, Ended, Question } from './orchestrator/ctx-types.js'
export { type Flow, flow } from './orchestrator/flow.js'
export type { Interruption, Run, RunEvent } from './orchestrator/handle.js'
export type { Every, Tick } from './orchestrator/schedule.js'
export type { ReopenedScorer, ScoreOption, ScoringOptions, VerifierScorer } from './orchestrator/scores/plan.js'
export type { Thumb } from './orchestrator/scores/thumb.js'
export type { Ending, SessionContract } from './orchestrator/session-contract.js'
export type { SessionHandle, SessionView } from './orchestrator/session-handle.js'
export type { MemoryOptions } from './orchestrator/summarize.js'
export type { BroughtEffect } from './runtime/govern/brought-tool.js'
export { govern } from './runtime/govern/govern.js'
export type { GovernedModelOptions } from './runtime/govern/governed-model.js'
export type { GovernedRunOptions } from './runtime/govern/host.js'
export type { GovernedLoop, GovernedRun } from './runtime/govern/loop.js'
export type { GovernOptions } from './runtime/govern/loop-options.js'
export { CallRefused, GovernedEnd, ModelUnanswered } from './runtime/govern/told.js'
export type { Advanced, Again, SendOptions, StartOptions, Worked, WorkerOptions } from './runtime.js'
export type { NotifyOptions } from './services/notifier.js'
export { type AiSdkTool, fromAiSdk } from './tools/brought/from-ai-sdk.js'
export { httpTool } from './tools/brought/http-tool.js'
export { fault } from './tools/fault.js'
export type { LaneCaps } from './tools/lanes.js'
export type { McpArgs, McpEffect } from './tools/mcp/effects.js'
export { type McpToolsOptions, mcpTools } from './tools/mcp/mcp-tools.js'
export type { McpServer } from './tools/mcp/server.js'
export { type Meter, meter } from './tools/meter.js'
export type { Schema } from './tools/schema.js'
export type { SecretSource } from './tools/secrets.js'
export { type AnyTool, type Call, type Found, type KeyFrom, type Tool, tool } from './tools/tool.js'
export type { UndoCall, UndoOptions } from './tools/undo.js'

export type MidwatchOptions = RuntimeOptions & WithHttp
/** The runtime, with its HTTP API: `fetch` answers a request, and is mounted in any server. */
export type Midwatch = Runtime & Api

/** Starts the runtime. Throws `invalid_definition`, `invalid_config`, and what opening the store throws. */
export async function midwatch(options: MidwatchOptions): Promise<Midwatch> {
  // Who only defines agents and tools does not wait for it to be loaded.
  const { assemble } = await import('./runtime.js')
  const runtime = await assemble(options, { telemetry: loadTelemetry })
  // Who never asks it does not wait for its parts to be loaded.
  let loading: Promise<Api> | undefined
  const load = () => import('./http/app.js').then(({ api }) => api(runtime, options.http))
  const fetch: Api['fetch'] = async (request, from) => {
    loading ??= load()
    return (await loading).fetch(request, from)
  }
  return Object.assign(runtime, { fetch })
}

/**
 * A runtime's API for node's own server, and for Express as the handler of a route: `app.all('/api/midwatch/*rest', nodeHandler(mw))`,
 * before anything that reads bodies.
 */
export function nodeHandler(mw: Api): NodeListener {
  const loading = import('./http/node-listener.js').then(({ nodeListener }) => nodeListener(mw))
  return async (incoming, outgoing) => (await loading)(incoming, outgoing)
}

/** The options of a project, in `midwatch.config.ts`: typed here, read by the command line. */
export function defineConfig(options: MidwatchOptions): MidwatchOptions {
  return options
}
