import { argsDigest, sha256 } from '../core/digest.js'
import { MidwatchError } from '../core/errors.js'
import { type Json, type JsonValue, toJson } from '../core/json.js'
import type { Reason } from '../core/refusals.js'
import type { Outcome } from '../core/states.js'
import { type Duration, durationMs } from '../core/time.js'
import type { WoundDown } from '../core/wound-down.js'
import { modelSettings } from '../models/settings.js'
import { WINDOW_START } from '../models/window.js'
import { check, type OutputOf, type Schema } from '../tools/schema.js'
import type { Call, Tool, ToolSpec } from '../tools/tool.js'
import { type Activation, never } from './activation.js'
import { answeredBy, askFlow, withNames } from './ask-step.js'
import { steadyChance } from './backoff.js'
import { type Change, changeIn, proposalOf } from './changed.js'
import { childStep } from './child-step.js'
import type { Callable, Ctx, Ended, MapResult, ModelQuestion, Question, SaidBy } from './ctx-types.js'
import type { Definition } from './definition.js'
import type { StepRecord } from './journal.js'
import type { MapBody } from './map-bodies.js'
import { fill, MapFeed, readInto } from './map-feed.js'
import { mapStep } from './map-step.js'
import { type ModelAsk, type ModelSaid, modelStep } from './model-step.js'
import { ContinuedValue, EndedValue } from './outcome.js'
import { digestOf, type Proposal } from './proposal.js'
import { dropOthers, firstOf, wonStep } from './race.js'
import { readStep } from './read-step.js'
import type { StepResult } from './result.js'
import { sleepStep } from './sleep-step.js'
import { conversationOf, fittingState, stateStep } from './state-step.js'
import { Strand } from './strand.js'
import { toolStep } from './tool-step.js'
import { unwind } from './unwind.js'

const ends = () => 'end' as const

/**
 * One branch of a flow. A step's identity is the path of its branch, its name and its ordinal in that branch: it does not
 * depend on timing, so a replay finds it again.
 */
export class Branch implements Ctx {
  readonly #ordinals = new Map<string, number>()
  readonly try: Ctx['try']

  constructor(
    readonly run: Activation,
    private readonly path = '',
    private readonly strand: Strand | null = null,
  ) {
    this.try = { tool: (tool, input) => this.#tool(tool, input) as Promise<Outcome<never>> }
  }

  get signal(): AbortSignal {
    return this.run.signal
  }

  /** One step under the identity that its name gets here. */
  step(name: string, args: string, perform: (record: StepRecord) => Promise<StepResult>): Promise<StepResult> {
    return this.#step(this.#identity(name), args, perform)
  }

  /** What a branch asks for that lost its race never resolves. */
  async #step(id: string, args: string, perform: (record: StepRecord) => Promise<StepResult>): Promise<StepResult> {
    const { strand } = this
    if (strand === null) return this.run.step(id, args, perform)
    if (strand.dropped) return never()
    strand.asks(id)
    const result = await this.run.step(id, args, perform)
    return strand.dropped ? never() : result
  }

  /** What a step does by steps of its own. */
  within(id: string): Branch {
    return new Branch(this.run, `${id}/`, this.strand)
  }

  #identity(name: string): string {
    const id = this.peek(name)
    this.#ordinals.set(name, (this.#ordinals.get(name) ?? 0) + 1)
    return id
  }

  /** The identity that the next step of this name will get. */
  peek(name: string): string {
    return `${this.path}${name}#${(this.#ordinals.get(name) ?? 0) + 1}`
  }

  get state(): unknown {
    return this.run.conversation?.state
  }

  async setState(next: unknown): Promise<void> {
    const conversation = conversationOf(this.run)
    const { state, toWrite } = await fittingState(conversation, next)
    await this.step('state', digestOf(toWrite), (record) => stateStep(this.run, record, toWrite))
    conversation.adopt(state, toWrite)
  }

  async tool<I, O>(tool: Tool<string, I, O, string>, input: NoInfer<I>): Promise<Json<O>> {
    const result = await this.#tool(tool, input)
    return result.status === 'completed' ? (result.output as Json<O>) : this.run.finish(result as Outcome<JsonValue>)
  }

  async #tool<I, O>(tool: Tool<string, I, O, string>, input: NoInfer<I>): Promise<StepResult> {
    const wire = toJson(input)
    this.#mustLoad(tool.spec)
    const checked = check(tool.spec.input, wire)
    const parsed = checked instanceof Promise ? await checked : checked
    if (!parsed.ok) throw new MidwatchError('invalid_input', `ctx.tool(${tool.name}): ${parsed.issues}`)
    const { spec } = tool
    this.run.tools.set(spec.name, spec)
    const args = argsDigest(wire)
    return this.propose({ spec, wire, input: parsed.value, args, rule: null, onBreach: ends, perStep: true })
  }

  /** A tool that runs in a process of its own must be found there: no falling back to this one in silence. */
  #mustLoad(spec: ToolSpec): void {
    if (spec.isolate === 'none' || spec.module !== null || this.run.engine.configModule !== null) return
    const what = `Tool '${spec.name}' is \`once\` and runs in a process of its own.`
    throw new MidwatchError(
      'invalid_definition',
      `${what} Say where it stands (module: import.meta.url), or isolate: 'none'.`,
    )
  }

  /** A checked proposal, from a flow or from a model. */
  async propose(proposal: Omit<Proposal, 'id'>, heed: (change: Change) => void = () => undefined): Promise<StepResult> {
    const id = this.#identity(proposal.spec.name)
    const result = await this.#step(id, proposal.args, (record) => toolStep(this.run, record, { ...proposal, id }))
    const change = changeIn(this.run.journal.step(id), result)
    if (change === null) return result
    heed(change)
    const instead = await proposalOf(proposal, change)
    return 'status' in instead ? instead : this.propose(instead, heed)
  }

  async agent<I, O>(
    agent: Callable<I, O>,
    input: NoInfer<I>,
    { share }: { readonly share?: number } = {},
  ): Promise<Outcome<Json<O>>> {
    const definition = agent.definition as Definition
    const wire = toJson(input)
    const fits = await check(definition.input, wire)
    if (!fits.ok) throw new MidwatchError('invalid_input', `ctx.agent(${agent.name}): ${fits.issues}`)
    if (share !== undefined && !(share > 0 && share <= 1))
      throw new MidwatchError('invalid_input', `ctx.agent(${agent.name}): a share is above 0 and at most 1.`)
    const args = digestOf([wire, share ?? null])
    const calling = { definition, wire, args, ...(share === undefined ? {} : { share }) }
    const result = await this.step(agent.name, args, (record) => childStep(this.run, record, calling))
    return (result.status === 'completed' ? result.output : result) as Outcome<Json<O>>
  }

  undo(): Promise<WoundDown> {
    return unwind(this)
  }

  continue(input: unknown): Ended {
    return new ContinuedValue(toJson(input))
  }

  async model(name: string, question: ModelQuestion): Promise<{ readonly text: string }> {
    const models = [question.model].flat().map((m) => modelSettings(m as Parameters<typeof modelSettings>[0]))
    const system = question.system === undefined ? [] : [{ role: 'system' as const, text: question.system }]
    const messages = [...system, { role: 'user' as const, text: question.prompt }]
    const ask = { models, tools: [], messages, mark: WINDOW_START, onBreach: () => 'end' as const }
    const result = await this.askModel(name, { ...ask, args: digestOf([messages, models.map((m) => m.model.modelId)]) })
    return { text: result.text }
  }

  /** A model step, whatever comes of it. */
  tryModel(name: string, ask: Omit<ModelAsk, 'id'>): Promise<StepResult> {
    const id = this.#identity(name)
    return this.#step(id, ask.args, (record) => modelStep(this.run, record, { ...ask, id }))
  }

  /** A model step; a failure or a breach of it ends the run. */
  async askModel(name: string, ask: Omit<ModelAsk, 'id'>): Promise<ModelSaid> {
    const result = await this.tryModel(name, ask)
    return result.status === 'completed' ? (result.output as ModelSaid) : this.run.finish(result as Outcome<JsonValue>)
  }

  async read<O>(name: string, read: (call: Call) => Promise<O>): Promise<Json<O>> {
    const id = this.#identity(name)
    const result = await this.#step(id, '', (record) => readStep(this.run, record, name, read))
    return result.status === 'completed' ? (result.output as Json<O>) : this.run.finish(result as Outcome<JsonValue>)
  }

  async ask<X extends Schema>(question: Question<X>): Promise<SaidBy<OutputOf<X>>> {
    const id = this.#identity('ask')
    const shown = toJson({ question: question.question, show: question.show ?? null })
    const result = await this.#step(id, digestOf(shown), (record) => askFlow(this.run, record, shown, question))
    const wire = result.status === 'completed' ? result.output : null
    const value = await check(question.answer, wire)
    const answer = value.ok ? (value.value as OutputOf<X>) : question.otherwise
    return withNames(answer, answeredBy(this.run.journal.step(id)))
  }

  all<const F extends readonly ((ctx: Ctx) => Promise<unknown>)[]>(
    branches: F,
  ): Promise<{ -readonly [K in keyof F]: Awaited<ReturnType<F[K]>> }> {
    const id = this.#identity('all')
    const made = branches.map((branch, i) => branch(new Branch(this.run, `${id}.${i}/`, this.strand)))
    return Promise.all(made) as Promise<{ -readonly [K in keyof F]: Awaited<ReturnType<F[K]>> }>
  }

  async race<const F extends readonly [(ctx: Ctx) => Promise<unknown>, ...((ctx: Ctx) => Promise<unknown>)[]]>(
    branches: F,
  ): Promise<Awaited<ReturnType<F[number]>>> {
    const id = this.#identity('race')
    if (branches.length === 0) throw new MidwatchError('invalid_input', 'ctx.race: it needs at least one branch.')
    const strands = branches.map(() => new Strand(this.strand))
    const made = branches.map(async (branch, i) => branch(new Branch(this.run, `${id}.${i}/`, strands[i])))
    const first = await firstOf(made)
    const dropped = await dropOthers(this.run, strands, first.no)
    await this.#step(id, String(first.no), (record) => wonStep(this.run, record, first.no, dropped))
    if ('error' in first) throw first.error
    return first.value as Awaited<ReturnType<F[number]>>
  }

  async map<T, R>(
    rows: readonly T[] | AsyncIterable<T>,
    { atOnce, key }: { readonly atOnce: number; readonly key: (row: T) => string },
    map: (ctx: Ctx, row: Json<T>) => Promise<R>,
  ): Promise<MapResult<R>> {
    if (!Number.isSafeInteger(atOnce) || atOnce < 1)
      throw new MidwatchError('invalid_input', 'ctx.map: atOnce is a whole number from 1.')
    const { run } = this
    const id = this.#identity('map')
    run.engine.bodies.keep(run.run.runId, id, map as MapBody)
    const feed = new MapFeed(id, key)
    const isThere = 'length' in rows
    if (isThere) fill(feed, rows)
    const args = isThere ? digestOf(feed.keys) : ''
    const mapped = this.#step(id, args, (record) => mapStep(run, record, { feed, atOnce, args }))
    if (!isThere) await readInto(run, feed, rows, id)
    const result = await mapped
    return (result.status === 'completed' ? result.output : run.finish(result as Outcome<JsonValue>)) as never
  }

  async sleep(duration: Duration): Promise<void> {
    const id = this.#identity('sleep')
    const ms = durationMs(duration)
    await this.#step(id, String(ms), (record) => sleepStep(this.run, record, ms))
  }

  now(): Date {
    return new Date(this.run.delivery.lastAt)
  }

  random(): number {
    return steadyChance(`${this.run.run.runId}|${this.#identity('random')}`)
  }

  uuid(): string {
    const hex = sha256(`${this.run.run.runId}|${this.#identity('uuid')}`)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  refuse(reason: Reason, say: string): Ended {
    return new EndedValue({ status: 'refused', reason, rule: 'flow', say })
  }

  handOver(to: string, note: string): Ended {
    return new EndedValue({ status: 'handed_over', to, note })
  }
}
