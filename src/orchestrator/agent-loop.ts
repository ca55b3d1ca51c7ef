import type { JsonValue } from '../core/json.js'
import { REASONS, type Reason, type RefusalRule } from '../core/refusals.js'
import type { Outcome } from '../core/states.js'
import { type Breach, breachFor } from '../govern/breach.js'
import { isLow } from '../govern/confidence/low.js'
import { noWay, type OutOfOrder, outOfStage, type Stage, stageAt } from '../govern/stages.js'
import { readArguments } from '../models/arguments.js'
import { modelName } from '../models/prices.js'
import type { Message, ModelTool, ToolCall } from '../models/prompt.js'
import { type ModelSettings, modelSettings } from '../models/settings.js'
import { markMeasured, WINDOW_START, type WindowMark } from '../models/window.js'
import { noRoomText, smallestUnit } from '../tools/meter.js'
import { check } from '../tools/schema.js'
import { BUILT_IN_TOOLS, type ToolSpec, WAYS_OUT } from '../tools/tool.js'
import type { AgentPlan } from './agent-plan.js'
import { type AskBack, askRequester } from './ask-requester.js'
import type { Branch } from './branch.js'
import type { Change } from './changed.js'
import { type Estimated, Estimator } from './confidence/estimator.js'
import { lowOutcome } from './confidence/outcome.js'
import type { Turn } from './conversation.js'
import type { Ctx } from './ctx-types.js'
import { takeMessages } from './messages.js'
import { type ModelSaid, windowFor } from './model-step.js'
import { howToComplete, offeredIn } from './offered.js'
import { EndedValue } from './outcome.js'
import { digestOf } from './proposal.js'
import { readStoredTool, StoredOutputs } from './read-stored.js'
import type { StepResult } from './result.js'
import { SignalKeeper } from './signal-keeper.js'
import { moveTo } from './stage-step.js'
import { isStored } from './stored.js'
import { endOnStrikes, saidNothing, unusable } from './strike.js'
import { summarize } from './summarize.js'

interface Talk {
  readonly plan: AgentPlan
  readonly branch: Branch
  readonly models: readonly ModelSettings[]
  /** Where the run is, as far as this replay has come; null for an agent without stages. */
  stage: Stage | null
  /** With what reads stored outputs from the first of them on: within a stage the prompt's prefix stays. */
  tools: readonly ModelTool[]
  readonly stored: StoredOutputs
  readonly signals: SignalKeeper
  /** null where the policy asks for no confidence. */
  readonly estimator: Estimator | null
  readonly messages: Message[]
  /** Index of the message that the run is about, behind what was said before in its session. */
  readonly own: number
  mark: WindowMark
}

/** The agent loop, a flow like any other: the model proposes, each proposal is judged, and there are three ways out. */
export async function agentLoop(plan: AgentPlan, ctx: Ctx, input: unknown): Promise<unknown> {
  const branch = ctx as Branch
  const { run, conversation } = branch.run
  const instructions = plan.instructions(input, { tenant: run.tenant, state: conversation?.state })
  const messages: Message[] = [
    { role: 'system', text: `${instructions}\n\n${HOW_TO_END}` },
    ...earlierTurns(conversation?.turns ?? []),
    { role: 'user', text: textOf(input) },
  ]
  const models = plan.models.map(modelSettings)
  const stage = plan.stages === null ? null : stageAt(plan.stages, null)
  const talk: Talk = {
    plan,
    branch,
    models,
    stage,
    tools: offeredIn(plan, stage),
    stored: new StoredOutputs(),
    signals: new SignalKeeper(branch, plan.signals, plan.tools),
    estimator: plan.confidence && new Estimator(branch, plan.confidence),
    messages,
    own: messages.length - 1,
    mark: WINDOW_START,
  }
  for (;;) {
    await summarize(talk, (meter) => breachFor(plan.onBreach, meter))
    for (const message of await takeMessages(branch)) messages.push({ role: 'user', text: textOf(message) })
    const step = branch.peek('model')
    const said = await askModel(talk)
    await talk.signals.replied(step, said)
    const way = await answerAll(talk, said)
    if (way !== null) return way
    for (const text of talk.signals.told()) messages.push({ role: 'user', text })
    await endOnStrikes(branch)
  }
}

/** What was said before in the session, and what came of it; a message that another's run took in has its answer there. */
function earlierTurns(turns: readonly Turn[]): Message[] {
  return turns.flatMap(({ input, outcome }): Message[] => [
    { role: 'user', text: textOf(input) },
    ...(outcome === null ? [] : [{ role: 'assistant' as const, text: textOf(outcome) }]),
  ])
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const HOW_TO_END = `End by calling exactly one of: ${WAYS_OUT.complete} (the work is done), ${WAYS_OUT.refuse} (you must not or cannot do it), ${WAYS_OUT.handOver} (a person must take over). Not knowing is a reason to refuse or hand over, not to guess.`

/** What the model may call now. */
function toolsFor({ plan, stage, stored }: Talk): readonly ModelTool[] {
  const own = offeredIn(plan, stage)
  return stored.size === 0 ? own : [...own, readStoredTool]
}

async function askModel(talk: Talk): Promise<ModelSaid> {
  const { branch, models, tools, messages, own, mark, plan } = talk
  const onBreach = (meter: string) => breachFor(plan.onBreach, meter)
  const args = digestOf([messages.length, messages.at(-1) ?? null])
  const ask = { models, tools, messages: [...messages], own, mark, args, onBreach }
  const said = await branch.askModel('model', ask)
  talk.estimator?.answered(ask, said.model)
  const settings = models[said.model]
  if (settings) {
    const fitted = windowFor(branch.run, { tools, messages, own, mark }, settings)
    const prompt = { model: modelName(settings.model), tools, messages: fitted.messages }
    talk.mark = markMeasured(fitted.mark, prompt, said.inputTokens ?? undefined)
  }
  const { text, toolCalls, thoughts } = said
  messages.push({ role: 'assistant', text, toolCalls, thoughts })
  return said
}

/** Works the proposals one after another, so that calls which conflict are never side by side. */
async function answerAll(talk: Talk, said: ModelSaid): Promise<unknown> {
  if (said.toolCalls.length === 0) {
    await saidNothing(talk.branch)
    talk.messages.push({ role: 'user', text: `Call a tool. ${HOW_TO_END}` })
    return null
  }
  for (const call of said.toolCalls) {
    const read = readArguments(call.inputText)
    const answer = read.ok
      ? await answerOne(talk, call, read.args as JsonValue, said.text)
      : { say: call.name === WAYS_OUT.complete ? `${read.why} ${howToComplete(talk.plan)}` : read.why, strike: true }
    if (answer instanceof EndedValue) return answer
    if ('done' in answer) return answer.done
    if (answer.strike) await unusable(talk.branch, call, answer.say, answer.rule)
    const output = 'output' in answer ? answer.output : answer.say
    talk.messages.push({
      role: 'tool',
      callId: call.id,
      name: call.name,
      output: output ?? null,
      ...(answer.error || answer.strike ? { error: true } : {}),
    })
  }
  return null
}

type Told =
  | { readonly done: unknown }
  | EndedValue
  | {
      readonly output?: JsonValue
      readonly say: string
      readonly strike?: boolean
      readonly rule?: RefusalRule
      readonly error?: boolean
    }

async function answerOne(talk: Talk, call: ToolCall, wire: JsonValue, said: string): Promise<Told> {
  if (Object.values(WAYS_OUT).some((name) => name === call.name)) return wayOut(talk, call.name, wire, said)
  if (call.name === BUILT_IN_TOOLS.askRequester && talk.plan.askBack) return askBack(talk, wire, talk.plan.askBack)
  if (call.name === BUILT_IN_TOOLS.goToStage && talk.stage) return goOn(talk, wire, talk.stage)
  const isReadOn = call.name === BUILT_IN_TOOLS.readStored && talk.stored.size > 0
  const spec = isReadOn ? talk.stored.spec(talk.branch.run) : talk.plan.tools.get(call.name)
  if (!spec) {
    const there = [...(talk.stage?.allow ?? talk.plan.tools.keys())].join(', ')
    return { say: `There is no tool '${call.name}'. Use one of: ${there}.`, strike: true }
  }
  const outOfOrder = isReadOn || !talk.stage ? null : outOfStage(talk.plan.stages, talk.stage.name, call.name)
  if (outOfOrder) return refusedInStage(talk, spec, wire, said, outOfOrder)
  const parsed = await check(spec.input, wire)
  if (!parsed.ok)
    return { say: `The arguments of ${call.name} are wrong: ${parsed.issues}. Nothing was done.`, strike: true }
  const onBreach = (meter: string): Breach => breachFor(talk.plan.onBreach, meter, spec.meters)
  const bad = badMeter(spec, parsed.value)
  if (bad) return { say: bad, strike: true }
  const args = digestOf(wire)
  const stopped = talk.signals.refusal(spec.name, args)
  if (stopped !== null) return { say: stopped, strike: true }
  if (spec.effect !== 'read') await sureOf(talk, 'effects', { of: spec.name, call: spec.name, wire, said })
  const rule = talk.plan.rules[call.name] ?? null
  const reason = said === '' ? {} : { said: said.slice(0, 2_000) }
  const step = talk.branch.peek(spec.name)
  const changes: Change[] = []
  const asked = { spec, wire, input: parsed.value, args, rule, onBreach, perStep: false, ...reason }
  const result = await talk.branch.propose(asked, (change) => changes.push(change))
  await talk.signals.called(step, spec, args, result)
  const answer = await told(talk, call.name, result, onBreach)
  return changes.reduce((heard, change) => withChange(heard, change), answer)
}

/** A call that the stage does not allow is refused as it stands: what its arguments are worth is nobody's business here. */
async function refusedInStage(
  talk: Talk,
  spec: ToolSpec,
  wire: JsonValue,
  said: string,
  outOfOrder: OutOfOrder,
): Promise<Told> {
  const onBreach = (): Breach => 'end'
  const asked = { spec, wire, input: wire, args: digestOf(wire), rule: null, onBreach, perStep: false, outOfOrder }
  const result = await talk.branch.propose({ ...asked, ...(said === '' ? {} : { said: said.slice(0, 2_000) }) })
  return told(talk, spec.name, result, onBreach)
}

/** The model's move to another stage; one that leads nowhere is refused by the stage that it is in. */
async function goOn(talk: Talk, wire: JsonValue, from: Stage): Promise<Told> {
  const { stage: to } = (wire ?? {}) as { readonly stage?: JsonValue }
  const refusedHere = noWay(from, to)
  if (refusedHere) return { ...refusedHere, strike: true }
  const there = stageAt(talk.plan.stages ?? new Map(), String(to))
  await moveTo(talk.branch, from, String(to))
  talk.stage = there
  talk.tools = toolsFor(talk)
  return { output: { stage: String(to), tools: [...(there?.allow ?? [])] }, say: '' }
}

async function askBack(talk: Talk, wire: JsonValue, how: AskBack): Promise<Told> {
  const { question } = (wire ?? {}) as { readonly question?: JsonValue }
  if (typeof question !== 'string' || question === '')
    return { say: `${BUILT_IN_TOOLS.askRequester} needs a \`question\`. Nobody was asked.`, strike: true }
  const result = await askRequester(talk.branch, question, how)
  return { output: result.status === 'completed' ? (result.output as JsonValue) : null, say: '' }
}

/** The model hears what was done in place of what it asked for. */
function withChange(answer: Told, { by, input }: Change): Told {
  if (answer instanceof EndedValue || 'done' in answer) return answer
  if ('output' in answer) return { ...answer, output: { changedBy: by, input, result: answer.output ?? null } }
  return { ...answer, say: `${by} changed the arguments to ${JSON.stringify(input)}. ${answer.say}` }
}

/** Amounts that make no sense come from arguments that make none: the model is told. */
function badMeter(spec: ToolSpec, input: unknown): string | null {
  try {
    for (const [name, amount] of Object.entries(spec.meters)) smallestUnit(name, amount(input))
    return null
  } catch (error) {
    return `${spec.name}: ${error instanceof Error ? error.message : String(error)} Nothing was done.`
  }
}

/** What the model hears of a result. A breach that ends the run, and a person who took over, end it here. */
function told(talk: Talk, name: string, result: StepResult, onBreach: (meter: string) => Breach): Told | Promise<Told> {
  switch (result.status) {
    case 'completed':
      return { output: shown(talk, (result.output ?? null) as JsonValue), say: '' }
    case 'refused':
      return { say: `Refused (${result.reason}, ${result.rule}): ${result.say}`, error: true }
    case 'failed':
      return {
        say: `${name} failed: ${result.code}${result.message ? `, ${result.message}` : ''}. It did not take effect.`,
        error: true,
      }
    case 'exhausted': {
      if (onBreach(result.meter) !== 'tell') return talk.branch.run.finish(result as Outcome<JsonValue>)
      return { say: noRoomText(result), error: true }
    }
    case 'handed_over':
      return talk.branch.run.finish(result as Outcome<JsonValue>)
  }
}

/** A large output rests as a blob: the model sees its head, and is offered the rest. */
function shown(talk: Talk, output: JsonValue): JsonValue {
  if (!isStored(output)) return output
  const shownInstead = talk.stored.show(output)
  talk.tools = toolsFor(talk)
  return shownInstead
}

/** Finds out how sure a proposal is, where the policy wants to know that of such; null where it does not. */
async function sureOf(talk: Talk, before: 'effects' | 'outcome', what: Estimated) {
  const { estimator, plan, messages, own } = talk
  if (estimator === null || plan.confidence?.before !== before) return null
  const { step, estimate } = await estimator.of(what, messages, own)
  await talk.signals.estimated(step, estimate.confidence)
  return estimate
}

/** What nobody is sure enough of does not leave the run as its outcome. */
async function unsure(talk: Talk, wire: JsonValue, said: string): Promise<Told | null> {
  const estimate = await sureOf(talk, 'outcome', { of: 'outcome', call: WAYS_OUT.complete, wire, said })
  if (estimate === null || talk.plan.confidence === null || !isLow(estimate)) return null
  return lowOutcome(talk.branch, talk.plan.confidence, estimate, wire)
}

async function wayOut(talk: Talk, name: string, wire: JsonValue, said: string): Promise<Told> {
  const given = wire as Record<string, JsonValue>
  if (name === WAYS_OUT.complete) {
    const value = talk.plan.outcomeSchema.type === 'object' ? wire : (given.outcome ?? null)
    const checked = await check(talk.plan.outcome, value)
    if (!checked.ok)
      return { say: `The outcome does not fit: ${checked.issues}. ${howToComplete(talk.plan)}`, strike: true }
    return (await unfounded(talk, textOf(value))) ?? (await unsure(talk, wire, said)) ?? { done: value }
  }
  if (name === WAYS_OUT.refuse) {
    const reason = given.reason as Reason
    if (!REASONS.includes(reason)) return { say: `reason must be one of ${REASONS.join(', ')}.`, strike: true }
    const say = String(given.say ?? '')
    return (await unfounded(talk, say)) ?? new EndedValue({ status: 'refused', reason, rule: 'agent', say })
  }
  if (typeof given.to !== 'string') return { say: 'hand_over needs `to` and `note`.', strike: true }
  const note = String(given.note ?? '')
  return (await unfounded(talk, note)) ?? new EndedValue({ status: 'handed_over', to: given.to, note })
}

/** Words that would leave the run and claim what no entry confirms, where the policy does not let them; a strike already. */
async function unfounded(talk: Talk, text: string): Promise<Told | null> {
  const why = await talk.signals.declared(text)
  return why === null ? null : { say: why, error: true }
}
