import { MidwatchError } from '../core/errors.js'
import type { Json } from '../core/json.js'
import { BUILT_IN_METERS } from '../core/meters.js'
import type { Priority } from '../core/queues.js'
import { durationMs } from '../core/time.js'
import type { Breach } from '../govern/breach.js'
import type { Ceilings } from '../govern/ceilings.js'
import type { Tripwire } from '../govern/drift/tripwire.js'
import type { Facts } from '../govern/facts.js'
import { checkSignals, type SignalPolicies } from '../govern/signals/policy.js'
import { type StageOption, type Stages, stagesOf } from '../govern/stages.js'
import type { Verdict } from '../govern/verdict.js'
import { type WindDown, type WindDownByEnd, windDownOf } from '../govern/wind-down.js'
import type { Model } from '../models/port.js'
import { smallestUnit } from '../tools/meter.js'
import { jsonSchemaOf, type OutputOf, type Schema } from '../tools/schema.js'
import type { AnyTool, MeterOf, Tool } from '../tools/tool.js'
import { agentLoop } from './agent-loop.js'
import type { AgentPlan } from './agent-plan.js'
import type { AskBack } from './ask-requester.js'
import { type ConfidenceOptions, confidenceData, confidencePlanOf } from './confidence/plan.js'
import { define, type Startable } from './definition.js'
import { type ScoreOption, type ScoringOptions, scorePlanOf } from './scores/plan.js'
import { scoringFlow } from './scores/scoring-run.js'
import { type SessionContract, sessionPlanOf } from './session-contract.js'
import { type MemoryOptions, type SummaryPlan, summaryPlanOf } from './summarize.js'

export type Agent<I, O, N extends string = string, M extends string = string> = Startable<I, O, N, M>

// biome-ignore lint/suspicious/noExplicitAny: inference positions of the tool's other parameters
type InOf<T> = T extends Tool<string, infer I, any, any> ? I : never
/** The tool that is taken back by what has this name. */
type ToolOf<K extends string> = K extends `${infer N}.undo` ? N : never
/** What a rule is shown of an undo: what the effect was given, and what it gave; null where nobody knows that. */
type Undone<T> =
  // biome-ignore lint/suspicious/noExplicitAny: an inference position of the tool's other parameter
  T extends Tool<string, infer I, infer O, any> ? { readonly input: I; readonly result: Json<O> | null } : never
type Named<T extends readonly AnyTool[], N> = Extract<T[number], { readonly name: N }>

export interface AgentOptions<
  N extends string,
  T extends readonly AnyTool[],
  I extends Schema,
  O extends Schema,
  S extends Schema = Schema<undefined>,
  St extends string = string,
> {
  name: N
  version: number
  /** Earlier (or later) declared versions whose runs this code may go on with. Where their replay does not match, they wait. */
  accepts?: readonly number[]
  /** Where its runs wait to be claimed; default `default`. Workers say which queues they look into. */
  queue?: string
  /** How urgent its runs are where nobody says; default `normal`. */
  priority?: Priority
  /** One model, or several in the order in which they stand in for each other. */
  model: Model | readonly [Model, ...Model[]]
  input: I
  /** What `complete` must be given. */
  outcome: O
  instructions: string | ((input: OutputOf<I>, context: { tenant: string; state: NoInfer<OutputOf<S>> }) => string)
  /** What the agent promises of its sessions, and what it keeps of them. */
  session?: SessionContract<S, OutputOf<I>, OutputOf<O>>
  tools: T
  /** What may be called when: the run begins in the first, and goes on only where `next` leads. */
  stages?: { [K in St]: StageOption<NoInfer<T>[number]['name'], NoInfer<St>, MeterOf<NoInfer<T>[number]>> }
  /** Whoever asked for a run may approve its calls too. Default false: somebody else must. */
  selfApproval?: boolean
  /** Keyed by tool name, `NAME.undo` for what takes it back; pure functions of the arguments and the journal's facts. */
  rules?: { [K in T[number]['name']]?: (input: InOf<Named<T, K>>, facts: Facts) => Verdict } & {
    [K in `${T[number]['name']}.undo`]?: (undo: Undone<Named<T, ToolOf<K>>>, facts: Facts) => Verdict
  }
  /** What becomes of what a run did that does not complete. Default `leave`: it stands. */
  windDown?: WindDown | WindDownByEnd
  /** By signal: what is done about an agent that makes up for what it does not get; default `note`. */
  signals?: SignalPolicies
  /** How sure it must be before it acts, or before it says that it is done. Reads are not asked about. */
  confidence?: ConfidenceOptions
  /** How good its outcomes are: by code, by a model for a share of them, and whether the case came back. */
  scores?: readonly ScoreOption<OutputOf<O>>[]
  /** What the runs may use in which models score. */
  scoring?: ScoringOptions
  /** A way out beside the others: the agent asks whoever asked for the run, and waits so long for an answer. */
  askBack?: AskBack
  /** What is done about a conversation that becomes long, beside leaving the oldest out. */
  memory?: MemoryOptions
  ceilings?: Ceilings<MeterOf<T[number]>>
  /** What stops it, or makes its room smaller, by what its runs come to; a person releases it. */
  tripwires?: readonly Tripwire<MeterOf<T[number]>>[]
  /** By meter; default `end` for built-in meters and `tell` for those that tools charge. */
  onBreach?: { [K in keyof NonNullable<Ceilings<MeterOf<T[number]>>['run']>]?: Breach }
  /**
   * By tool, or `model`: what is done while it cannot be called, for its circuit breaker is not closed or the retries of all its
   * callers are used up. Default `wait`; a model has the others of its list asked first.
   */
  onOutage?: { [K in NoInfer<T>[number]['name'] | 'model']?: Breach }
}

/** Defines an agent: a model that proposes, and what may become of its proposals. Throws `invalid_definition`. */
export function agent<
  const N extends string,
  const T extends readonly AnyTool[],
  I extends Schema,
  O extends Schema,
  S extends Schema = Schema<undefined>,
  St extends string = never,
>(options: AgentOptions<N, T, I, O, S, St>): Agent<OutputOf<I>, OutputOf<O>, N, MeterOf<T[number]>> {
  const plan = planOf(options as unknown as LooseOptions)
  const scores = scorePlanOf(options.name, options.scores as readonly ScoreOption<never>[] | undefined)
  const definition = define({
    kind: 'agent',
    name: options.name,
    version: options.version,
    accepts: options.accepts,
    queue: options.queue,
    priority: options.priority,
    input: options.input,
    outcome: options.outcome,
    ceilings: (options.ceilings ?? {}) as Ceilings<string>,
    tools: options.tools.map((t) => t.spec),
    policy: {
      rules: plan.rules,
      onBreach: plan.onBreach,
      onOutage: plan.onOutage,
      stages: plan.stages,
      selfApproval: options.selfApproval ?? false,
      windDown: windDownOf(options.name, options.windDown),
      ...(plan.confidence && { confidence: plan.confidence }),
    },
    tripwires: options.tripwires as readonly Tripwire<string>[] | undefined,
    session: options.session ? sessionPlanOf(options.name, options.session as LooseContract) : null,
    models: [...plan.models, ...(options.memory ? [options.memory.summary.model] : []), ...verifierOf(plan)].map((m) =>
      'model' in m ? m.model : m,
    ),
    // Not in the fingerprint: how runs are scored strands none of them.
    scores,
    companion: scoringFlow(options, scores, options.scoring),
    data: dataOf(options.name, options.input, plan),
    run: (ctx, input) => agentLoop(plan, ctx, input),
  })
  return Object.freeze({ name: options.name, definition })
}

const verifierOf = ({ confidence }: AgentPlan): readonly Model[] =>
  confidence?.verifier ? [confidence.verifier.model] : []

type LooseOptions = AgentOptions<string, readonly AnyTool[], Schema, Schema>
type LooseContract = SessionContract<Schema, never, never>

function planOf(options: LooseOptions): AgentPlan {
  const models = modelsOf(options)
  const { instructions } = options
  checkSignals(options.name, options.signals ?? {})
  return {
    name: options.name,
    models,
    tools: new Map(options.tools.map((t) => [t.name, t.spec])),
    outcome: options.outcome,
    outcomeSchema: jsonSchemaOf(options.outcome, `agent '${options.name}', outcome`),
    instructions: typeof instructions === 'string' ? () => instructions : (instructions as AgentPlan['instructions']),
    askBack: askBackOf(options),
    summary: summaryPlanOf(options.name, options.memory, models),
    fixedInstructions: typeof instructions === 'string' ? instructions : null,
    rules: (options.rules ?? {}) as AgentPlan['rules'],
    onBreach: (options.onBreach ?? {}) as AgentPlan['onBreach'],
    onOutage: outagesOf(options),
    stages: stagesIn(options),
    signals: options.signals ?? {},
    confidence: confidencePlanOf(options.name, options.confidence),
  }
}

/** Throws `invalid_definition` where there is none, as when a module of one's own exports it by another name. */
function modelsOf({ name, model }: Pick<LooseOptions, 'name' | 'model'>): readonly Model[] {
  const models = (Array.isArray(model) ? model : [model]) as readonly (Model | undefined)[]
  const isModel = (one: Model | undefined): one is Model => typeof one === 'object' && one !== null
  if (models.length > 0 && models.every(isModel)) return models
  const found = models.length === 0 ? 'an empty list' : String(models.find((one) => !isModel(one)))
  throw new MidwatchError(
    'invalid_definition',
    `'${name}': model: give it a model of a provider package, not ${found}.`,
  )
}

/** Throws `invalid_definition` for a tool that there is not. */
function outagesOf({ name, onOutage = {}, tools }: Pick<LooseOptions, 'name' | 'onOutage' | 'tools'>) {
  const known = new Set(['model', ...tools.map((one) => one.name)])
  const unknown = Object.keys(onOutage).find((one) => !known.has(one))
  if (unknown === undefined) return onOutage as AgentPlan['onOutage']
  throw new MidwatchError('invalid_definition', `'${name}': onOutage: there is no tool '${unknown}'.`)
}

function stagesIn({ name, stages, tools }: Pick<LooseOptions, 'name' | 'stages' | 'tools'>): Stages | null {
  if (stages === undefined) return null
  const declared = tools.flatMap(({ spec }) => [...Object.keys(spec.meters), ...(spec.carries ?? [])])
  const meters = [...Object.keys(BUILT_IN_METERS), ...declared]
  return stagesOf(name, stages as Parameters<typeof stagesOf>[1], {
    tools: tools.map((t) => t.name),
    meters,
    toSmallest: smallestUnit,
  })
}

/** Throws `invalid_duration` for a time that is none. */
function askBackOf({ askBack }: Pick<LooseOptions, 'askBack'>) {
  if (askBack !== undefined) durationMs(askBack.within)
  return askBack ?? null
}

function dataOf(name: string, input: Schema, plan: AgentPlan): unknown {
  const models = plan.models.map((m) =>
    'model' in m ? [m.model.modelId, m.maxOutputTokens, m.temperature, m.timeout, m.providerOptions] : [m.modelId],
  )
  return [
    models,
    jsonSchemaOf(input, `agent '${name}', input`),
    plan.outcomeSchema,
    plan.fixedInstructions,
    // Left out where there is none: what came before it keeps its fingerprint.
    ...(plan.askBack === null ? [] : [plan.askBack]),
    ...(plan.summary === null ? [] : [summaryData(plan.summary)]),
    ...(Object.keys(plan.onOutage).length === 0 ? [] : [{ onOutage: plan.onOutage }]),
    ...(Object.keys(plan.signals).length === 0 ? [] : [{ signals: plan.signals }]),
    ...(plan.confidence === null ? [] : [{ confidence: confidenceData(plan.confidence) }]),
  ]
}

/** Of a summary what decides when it is written and by whom. */
function summaryData({ models, aboveTokens }: SummaryPlan): unknown {
  return { aboveTokens, models: models.map(({ model, maxOutputTokens }) => [model.modelId, maxOutputTokens]) }
}
