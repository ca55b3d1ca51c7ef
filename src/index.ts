/** The public surface of `midwatch`. */
export { ERROR_CODES, type ErrorCode, MidwatchError } from './core/errors.js'
export type { Json, JsonValue } from './core/json.js'
export type { Ledger } from './core/ledger.js'
export type { Usd } from './core/money.js'
export type { BusyPolicy } from './core/sessions.js'
export type { Outcome, OutcomeStatus, Reason, RunState } from './core/states.js'
export type { Duration } from './core/time.js'
export type { Breach } from './govern/breach.js'
export type { Ceilings, Limits, Windowed } from './govern/ceilings.js'
export type { Facts } from './govern/facts.js'
export { allow, escalate, refuse, type Verdict } from './govern/verdict.js'
export { memoryLedger } from './ledger/memory/ledger.js'
export type { Model, ModelPort } from './models/port.js'
export type { PriceList, PriceText } from './models/price.js'
export { type Agent, type AgentOptions, agent } from './orchestrator/agent.js'
export { asTool } from './orchestrator/agent-tool.js'
export type { Ctx, Ended, Question } from './orchestrator/ctx-types.js'
export { type Flow, flow } from './orchestrator/flow.js'
export type { Interruption, Run, RunEvent } from './orchestrator/handle.js'
export type { Every, Tick } from './orchestrator/schedule.js'
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
export {
  defineConfig,
  type Midwatch,
  type MidwatchOptions,
  midwatch,
  type SendOptions,
  type StartOptions,
  type WorkerOptions,
} from './runtime.js'
export type { NotifyOptions } from './services/notifier.js'
export { fault } from './tools/fault.js'
export type { LaneCaps } from './tools/lanes.js'
export { type Meter, meter } from './tools/meter.js'
export type { Schema } from './tools/schema.js'
export type { SecretSource } from './tools/secrets.js'
export { type AnyTool, type Call, type Found, type KeyFrom, type Tool, tool } from './tools/tool.js'
