import { canonical, type JsonValue } from '../../core/json.js'
import { type Clock, durationMs } from '../../core/time.js'
import { callModel, type ModelReply } from '../../models/call.js'
import { costMicros, priceOf } from '../../models/prices.js'
import type { ModelSettings } from '../../models/settings.js'
import type { Question } from '../../orchestrator/ctx-types.js'
import type { Outside } from '../../orchestrator/engine.js'
import type { ModelAsk, ModelSaid } from '../../orchestrator/model-step.js'
import type { Schema } from '../../tools/schema.js'
import type { Call, ToolSpec } from '../../tools/tool.js'
import type { FaultName } from '../fault.js'
import type { Message } from '../scenario.js'
import type { SimProcess } from '../sim/process.js'
import type { Surroundings } from '../surroundings.js'
import { withRetry } from './retry.js'

/** What one working of a message did and cost. */
export interface NaiveTally {
  steps: number
  attempts: number
  usdMicros: number
}

export interface HandsOptions {
  readonly s: Surroundings
  readonly process: SimProcess
  readonly outside: Outside
  readonly message: Message
  /** Of this working alone: another one of the same message has another. */
  readonly runId: string
  readonly random: () => number
  /** Passed at each boundary: the process may die here, or stand still. */
  readonly point: (name: 'before_effect' | 'after_effect') => Promise<void>
}

/** How one working of a message reaches the world: directly, with a retry around each call. */
export class NaiveHands {
  readonly tally: NaiveTally = { steps: 0, attempts: 0, usdMicros: 0 }
  readonly clock: Clock
  readonly tenant: string
  readonly random: () => number

  constructor(private readonly options: HandsOptions) {
    this.clock = options.process.clock
    this.tenant = options.message.tenant ?? 'default'
    this.random = options.random
  }

  /** A tool call, tried up to three times. There is no key that tells the tries apart from calls of their own. */
  execute(spec: ToolSpec, input: unknown): Promise<unknown> {
    const { process, outside } = this.options
    this.tally.steps += 1
    return withRetry(this.clock, spec.timeoutMs, async (signal, attempt) => {
      await this.#before()
      const call = this.#call(spec.timeoutMs, signal, attempt)
      const result = await process.deliver(outside.execute(spec, input, call))
      await this.options.point('after_effect')
      return result
    })
  }

  read<O>(read: (call: Call) => Promise<O>): Promise<O> {
    this.tally.steps += 1
    return withRetry(this.clock, 30_000, async (signal, attempt) => {
      await this.#before()
      return this.options.process.deliver(read(this.#call(30_000, signal, attempt)))
    })
  }

  async #before(): Promise<void> {
    this.tally.attempts += 1
    await this.options.point('before_effect')
  }

  #call(timeoutMs: number, signal: AbortSignal, attempt: number): Call {
    const { message, runId, s } = this.options
    const { secrets = {} } = s.scenario
    return {
      // A key of its own for each try: no receiver can know it again.
      key: `naive-${runId}-${this.tally.attempts}`,
      fence: 0n,
      attempt,
      signal,
      deadline: new Date(this.clock.now() + timeoutMs),
      runId,
      tenant: this.tenant,
      ...(message.session === undefined ? {} : { session: message.session }),
      ...(message.principal === undefined ? {} : { principal: message.principal }),
      secret: async (name) => secrets[name] ?? '',
    }
  }

  /** The first model alone, tried up to three times: fallbacks are for later. */
  async ask(ask: Omit<ModelAsk, 'id'>): Promise<ModelSaid> {
    const [settings] = ask.models
    if (!settings) throw new Error('There is no model.')
    this.tally.steps += 1
    const reply = await withRetry(this.clock, settings.timeoutMs, (signal) => this.#callModel(settings, ask, signal))
    const { text, reasoning, toolCalls, thoughts, finish, usage } = reply
    return { text, reasoning, toolCalls, thoughts, finish, inputTokens: usage.inputTokens ?? null, model: 0 }
  }

  async #callModel(settings: ModelSettings, ask: Omit<ModelAsk, 'id'>, signal: AbortSignal): Promise<ModelReply> {
    const { process, outside, runId } = this.options
    await this.#before()
    const { maxOutputTokens, temperature, providerOptions } = settings
    const call = callModel({
      model: outside.model(settings.model, runId),
      prompt: ask.messages,
      tools: ask.tools,
      maxOutputTokens,
      signal,
      now: () => this.clock.now(),
      ...(temperature === undefined ? {} : { temperature }),
      ...(providerOptions === undefined ? {} : { providerOptions }),
    })
    const answer = await process.deliver(call)
    this.tally.usdMicros += this.#costOf(settings, answer)
    await this.options.point('after_effect')
    if (!answer.ok) throw new Error(answer.message)
    return answer
  }

  /** What is known of it: a bill that nobody sends is not counted here. */
  #costOf(settings: ModelSettings, { usage }: Pick<ModelReply, 'usage'>): number {
    try {
      return costMicros(priceOf(settings.model, this.options.s.scenario.prices ?? {}), usage) ?? 0
    } catch {
      return 0
    }
  }

  /** What a person says who is asked once; what holds otherwise when nobody does. */
  async askPerson(
    show: string,
    { to, within, otherwise }: Pick<Question<Schema>, 'to' | 'within' | 'otherwise'>,
  ): Promise<unknown> {
    const { s, runId } = this.options
    const withinMs = durationMs(within)
    const may: readonly FaultName[] = ['person_never', 'person_late']
    const strike = s.fates.at({ kind: 'person', name: 'question' }, may)
    const now = this.clock.now()
    const escalation = {
      ...{
        id: `${runId}-${this.tally.steps}`,
        tenant: this.tenant,
        runId,
        agent: '',
        kind: 'question' as const,
        tool: null,
      },
      ...{ args: canonical(show), show, chain: [{ to, withinMs }], rung: 0, dueAt: now + withinMs, notBefore: null },
      ...{
        state: 'open' as const,
        decision: null,
        by: null,
        note: null,
        result: null,
        openedAt: now,
        people: 1 as const,
        selfApproval: false,
        first: null,
        answeredAt: null,
        version: null,
        usedBy: null,
      },
    }
    const says =
      strike === null ? s.scenario.people?.({ escalation, world: s.world, happened: null, usual: null }) : null
    if (strike !== null) s.fates.bit(strike)
    await this.clock.sleep(says ? (says.afterMs ?? 1_000) : withinMs)
    return says?.result === undefined ? (otherwise as JsonValue) : says.result
  }
}
