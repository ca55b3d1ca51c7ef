import type { SignalPolicies } from '../govern/signals/policy.js'
import type { Stages } from '../govern/stages.js'
import type { Model } from '../models/port.js'
import type { JsonSchema, Schema } from '../tools/schema.js'
import type { ToolSpec } from '../tools/tool.js'
import type { AskBack } from './ask-requester.js'
import type { ConfidencePlan } from './confidence/plan.js'
import type { Policy } from './definition.js'
import type { SummaryPlan } from './summarize.js'

/** An agent as its loop needs it. */
export interface AgentPlan {
  readonly name: string
  readonly models: readonly Model[]
  readonly tools: ReadonlyMap<string, ToolSpec>
  readonly outcome: Schema
  readonly outcomeSchema: JsonSchema
  readonly instructions: (input: unknown, context: { tenant: string; state: unknown }) => string
  readonly fixedInstructions: string | null
  readonly askBack: AskBack | null
  readonly summary: SummaryPlan | null
  readonly rules: Policy['rules']
  readonly onBreach: Policy['onBreach']
  readonly onOutage: NonNullable<Policy['onOutage']>
  readonly signals: SignalPolicies
  readonly confidence: ConfidencePlan | null
  readonly stages: Stages | null
}
