import { canonical, inOrder, type JsonValue } from '../core/json.js'
import type { Breach } from '../govern/breach.js'
import { modelVerdict } from '../govern/call-verdict.js'
import { callModel, type ModelAnswer, type ModelReply } from '../models/call.js'
import { endpointOf } from '../models/endpoint.js'
import { costMicros, modelName, priceOf } from '../models/prices.js'
import type { Message, ModelTool } from '../models/prompt.js'
import type { ModelSettings } from '../models/settings.js'
import type { ModelUsage } from '../models/usage.js'
import { type FittedWindow, fitWindow, type WindowMark } from '../models/window.js'
import { worstCase } from '../models/worst-case.js'
import type { Activation } from './activation.js'
import { breach } from './breach.js'
import { attemptCounts, stepCharges } from './charges.js'
import { breakerOf } from './containment.js'
import type { Intent, StepRecord } from './journal.js'
import { chooseModel, isRetryOf, modelBarred } from './model-choice.js'
import type { Next } from './next.js'
import { breakerOpen, retryBarred } from './outage.js'
import { completed, failed, type StepResult } from './result.js'
import { lowerHere } from './stage-here.js'
import type { Stop } from './stop.js'
import { tooSlow } from './too-slow.js'
import { inSpan } from './traced.js'

/** A question to a model, with those that stand in for it. */
export interface ModelAsk {
  readonly id: string
  readonly models: readonly ModelSettings[]
  readonly tools: readonly ModelTool[]
  /** The whole conversation. */
  readonly messages: readonly Message[]
  readonly mark: WindowMark
  /** Index of the message that the run is about, where earlier turns stand before it. */
  readonly own?: number
  /** Digest that a replay compares. */
  readonly args: string
  readonly onBreach: (meter: string) => Breach
  readonly foreign?: ForeignPrompt
  /** Asked beside the conversation: nobody hears it live, and it is no part of what the run says. */
  readonly aside?: boolean
}

/** A prompt that somebody else made: the model object that is asked knows it, and nothing is left out of it. */
export interface ForeignPrompt {
  /** Upper bound of its tokens. */
  readonly inputTokens: number
  /** The answer as its provider gave it, for the journal. */
  kept(): JsonValue
  /** False once part of an answer reached somebody, or nobody waits for one: another attempt would be of no use. */
  mayRepeat(): boolean
}

/** What the journal keeps of an answer: JSON. */
export interface ModelSaid {
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: ModelReply['toolCalls']
  readonly thoughts: ModelReply['thoughts']
  readonly finish: ModelReply['finish']
  readonly inputTokens: number | null
  /** Which of the models answered, from 0. */
  readonly model: number
  /** The answer as its provider gave it, where somebody else made the prompt. */
  readonly kept?: JsonValue
}

/** The prompt that an attempt with one of the models would send. */
export function windowFor(
  run: Activation,
  ask: Pick<ModelAsk, 'tools' | 'messages' | 'mark' | 'own'>,
  settings: ModelSettings,
): FittedWindow {
  const ceiling = run.kin.ceilings.find((c) => c.scope === 'run' && c.meter === 'context_tokens')
  const { tools, messages, mark, own } = ask
  const model = modelName(settings.model)
  const ceilingTokens = lowerHere(run, 'context_tokens', ceiling ? ceiling.limit : null)
  const { maxOutputTokens } = settings
  return fitWindow({ model, tools, messages, mark, ceilingTokens, maxOutputTokens, ...(own !== undefined && { own }) })
}

/** One model step: attempts, backoff and fallback under the run's ceilings, each attempt one call of the provider. */
export async function modelStep(run: Activation, record: StepRecord, ask: ModelAsk): Promise<StepResult> {
  for (;;) {
    if (record.final) return record.final
    run.dropped.heed(record.id)
    const turn = await chooseModel(run, record, ask)
    if (turn.wait > run.now()) {
      await run.wait({ step: record.id, until: turn.wait, waits: `retry:${record.id}` })
      continue
    }
    if (turn.over) {
      await run.book.note({ about: 'failed', step: record.id, args: ask.args, final: turn.over })
      return turn.over
    }
    const { model } = turn
    const dry = isRetryOf(record, model) ? retryBarred(run, keyOf(ask, model)) : null
    const next = dry ? await modelBarred(run, record, ask, model, dry) : await tryModel(run, record, ask, model)
    if (next && 'result' in next) return next.result
  }
}

const pick = (retryAfterMs: number | undefined) => (retryAfterMs === undefined ? {} : { retryAfterMs })

const keyOf = ({ models }: ModelAsk, i: number): string => breakerOf.model(models[i] ? modelName(models[i].model) : '')

async function tryModel(run: Activation, record: StepRecord, ask: ModelAsk, model: number): Promise<Next> {
  const settings = ask.models[model]
  if (!settings) return { result: failed('no_model') }
  const name = modelName(settings.model)
  const { containment } = run.engine
  const breaker = containment.breaker(breakerOf.model(name))
  const price = priceOf(settings.model, run.engine.prices)
  const fitted = ask.foreign ? { messages: [], inputTokens: ask.foreign.inputTokens } : windowFor(run, ask, settings)
  const worst = worstCase(fitted.inputTokens, settings.maxOutputTokens, price)
  const timeoutMs = Math.min(settings.timeoutMs, run.remainingMs() - 5)
  if (timeoutMs <= 0) return run.pastDeadline()
  const counts = attemptCounts({
    first: record.intents.length === 0,
    calls: 'model_calls',
    activeMs: timeoutMs,
    before: null,
  })
  const amounts = {
    ...counts,
    input_tokens: worst.inputTokens,
    output_tokens: worst.outputTokens,
    reasoning_tokens: worst.outputTokens,
    context_tokens: worst.contextTokens,
    usd: worst.usdMicros,
  }
  const begun = await run.begin({
    step: record.id,
    attempt: record.intents.length + 1,
    tool: null,
    timeoutMs,
    settlesMs: 0,
    charges: stepCharges(run, amounts, null, null),
    ...(breaker === undefined ? {} : { breaker }),
    body: { sort: 'model', name, args: ask.args, model, ...(ask.aside && { aside: true }) },
  })
  if (!begun.granted) {
    if (isRetryOf(record, model)) containment.giveRetryBack(breakerOf.model(name))
    if (await run.heed(begun)) return null
    if (begun.answer.code === 'breaker_open') return modelBarred(run, record, ask, model, breakerOpen(begun.answer))
    if (begun.answer.code !== 'ceiling') return { result: failed(begun.answer.code, undefined, 'store') }
    return breach(run, record, {
      meter: begun.answer.meter,
      onBreach: ask.onBreach,
      what: 'model',
      args: ask.args,
    })
  }
  await run.engine.failpoint('before_effect')
  const answer = await call(run, settings, ask, fitted, {
    stop: begun.stop,
    seq: begun.intent.seq,
    step: record.id,
    leftMs: begun.boundMs - begun.watch.elapsedMs(),
  })
  const verdict = modelVerdict(answer.ok ? null : answer.class, containment.countsRateLimits(breakerOf.model(name)))
  containment.over(breakerOf.model(name), verdict, begun.probe)
  await run.engine.failpoint('after_effect')
  await run.engine.failpoint('before_settle')
  const cost = costMicros(price, answer.usage)
  const result = settleModel(run, begun.intent, answer, {
    model,
    name,
    cost,
    tookMs: begun.watch.tookMs(),
    ...(answer.ok && ask.foreign && { kept: ask.foreign.kept() }),
  })
  return result && { result }
}

async function call(
  run: Activation,
  settings: ModelSettings,
  ask: ModelAsk,
  fitted: Pick<FittedWindow, 'messages'>,
  attempt: { readonly stop: Stop; readonly leftMs: number; readonly step: string; readonly seq: number },
): Promise<ModelAnswer> {
  const { clock, live } = run.engine
  const { stop, leftMs } = attempt
  const stopTimer = clock.timer(Math.max(1, leftMs), () => stop.abort(tooSlow('model')))
  const voice = ask.aside ? undefined : live.voice(run.run.runId)
  if (run.engine.observers.on) tellAsked(run, attempt, settings, fitted, voice !== undefined)
  const asking = () =>
    callModel({
      model: run.engine.outside.model(settings.model, run.run.runId),
      prompt: fitted.messages,
      tools: ask.tools,
      maxOutputTokens: settings.maxOutputTokens,
      signal: stop.signal,
      now: () => clock.now(),
      ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
      ...(settings.providerOptions === undefined ? {} : { providerOptions: settings.providerOptions }),
      ...(voice ? { stream: voice } : {}),
    })
  const answer = await inSpan(run, attempt.seq, asking)
  stopTimer()
  voice?.({ type: 'over' })
  return answer
}

function tellAsked(
  { engine, run }: Activation,
  { step, seq }: { readonly step: string; readonly seq: number },
  { model, maxOutputTokens, temperature }: ModelSettings,
  fitted: Pick<FittedWindow, 'messages'>,
  isStream: boolean,
): void {
  const { provider, modelId } = model
  const url = endpointOf(model)
  const asked = {
    provider,
    model: modelId,
    maxOutputTokens,
    ...(temperature !== undefined && { temperature }),
    isStream,
  }
  const prompt = () => engine.secrets.conceal(canonical(inOrder(fitted.messages)))
  engine.observers.tell({ kind: 'model.asked', run, step, seq, ...asked, ...(url !== undefined && { url }), prompt })
}

interface Spent {
  readonly model: number
  readonly name: string
  readonly cost: number | undefined
  readonly tookMs: number
  readonly kept?: JsonValue
}

function settleModel(run: Activation, intent: Intent, answer: ModelAnswer, spent: Spent): StepResult | null {
  const used = (charge: Intent['charges'][number]) => usedOf(charge.meter, answer.usage, spent)
  const usage = { ...answer.usage, usd: spent.cost ?? null } as unknown as JsonValue
  if (!answer.ok) {
    const fault = { code: answer.class, message: answer.message.slice(0, 500), ...pick(answer.retryAfterMs) }
    run.settle(intent, 'failed', { fault, usage, model: spent.name }, used)
    return null
  }
  const { text, reasoning, toolCalls, thoughts, finish } = answer
  const said: ModelSaid = {
    text,
    reasoning,
    toolCalls,
    thoughts,
    finish,
    inputTokens: answer.usage.inputTokens ?? null,
    model: spent.model,
    ...(spent.kept !== undefined && { kept: spent.kept }),
  }
  const result = completed(said)
  run.settle(intent, 'performed', { final: result, usage, model: spent.name }, used)
  return result
}

/** Measured where the provider said so; null charges the reservation. */
function usedOf(meter: string, usage: ModelUsage, spent: Spent): number | null {
  switch (meter) {
    case 'active':
      return spent.tookMs
    case 'usd':
      return spent.cost ?? null
    case 'input_tokens':
      return usage.inputTokens ?? null
    case 'output_tokens':
      return usage.outputTokens ?? null
    case 'reasoning_tokens':
      return usage.outputTokens === undefined ? null : (usage.reasoningTokens ?? 0)
    case 'context_tokens':
      return usage.inputTokens === undefined || usage.outputTokens === undefined
        ? null
        : usage.inputTokens + usage.outputTokens
    default:
      return null
  }
}
