import { canonical, type Json, type JsonValue, toJson } from '../../core/json.js'
import { REASONS, type Reason } from '../../core/refusals.js'
import type { Outcome } from '../../core/states.js'
import { type Duration, durationMs } from '../../core/time.js'
import type { WoundDown } from '../../core/wound-down.js'
import { modelSettings } from '../../models/settings.js'
import { WINDOW_START } from '../../models/window.js'
import { isAgentTool } from '../../orchestrator/agent-tool.js'
import { withNames } from '../../orchestrator/ask-step.js'
import type { Callable, Ctx, Ended, MapResult, ModelQuestion, Question, SaidBy } from '../../orchestrator/ctx-types.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { ModelAsk, ModelSaid } from '../../orchestrator/model-step.js'
import { EndedValue } from '../../orchestrator/outcome.js'
import { completed, failed, type StepResult } from '../../orchestrator/result.js'
import { check, type OutputOf, type Schema } from '../../tools/schema.js'
import type { Call, Tool, ToolSpec } from '../../tools/tool.js'
import type { NaiveHands } from './naive-hands.js'

/** The run is over, by whatever the loop above was told. */
export class NaiveEnded extends Error {
  constructor(readonly outcome: Outcome<unknown>) {
    super(outcome.status)
  }
}

/** The usual limit of agent frameworks. */
const MOST_TURNS = 25

/**
 * A `ctx` that does everything directly: no journal, no judging, no keys, no ceilings. The agent loop runs on it as it runs on
 * the real one, so it also has what that asks of a branch of a real run.
 */
export class NaiveBranch implements Ctx {
  readonly signal = new AbortController().signal
  readonly try: Ctx['try']
  /** What the agent loop looks at of a run. Nothing is counted, so no ceiling is ever reached. */
  readonly run: object
  #turns = 0

  constructor(private readonly hands: NaiveHands) {
    this.try = { tool: (tool, input) => this.#tool(tool, input) as Promise<Outcome<never>> }
    this.run = {
      run: { tenant: hands.tenant },
      kin: { ceilings: [] },
      // Of a policy with stages it keeps the words: what they allow is not looked at.
      definition: { policy: { stages: null } },
      conversation: null,
      journal: { used: {}, steps: new Map() },
      finish: (outcome: Outcome<unknown>) => Promise.reject(new NaiveEnded(outcome)),
    }
  }

  peek(name: string): string {
    return name
  }

  /** The loop's notes of what went wrong: nobody keeps them here. */
  step(): Promise<StepResult> {
    return Promise.resolve(completed(null))
  }

  /** A proposal of the model is a call: nobody judges it. */
  async propose(proposal: {
    readonly spec: ToolSpec
    readonly input: unknown
    readonly wire?: JsonValue
  }): Promise<StepResult> {
    const { spec, input, wire = null } = proposal
    if (isAgentTool(spec)) return completed(await this.#runs(spec.agent, spec.inputOf(wire)))
    try {
      return completed(toJson(await this.hands.execute(spec, input)))
    } catch (error) {
      return failed('threw', error instanceof Error ? error.message : String(error))
    }
  }

  /** Throws when the model does not come to an end: nobody hears of it. */
  askModel(_name: string, ask: Omit<ModelAsk, 'id'>): Promise<ModelSaid> {
    this.#turns += 1
    if (this.#turns > MOST_TURNS) throw new Error(`The model did not come to an end within ${MOST_TURNS} turns.`)
    return this.hands.ask(ask)
  }

  agent<I, O>(agent: Callable<I, O>, input: NoInfer<I>): Promise<Outcome<Json<O>>> {
    return this.#runs(agent.definition as Definition, toJson(input)) as Promise<Outcome<Json<O>>>
  }

  /** What another one comes to: in this process, and gone with it. */
  async #runs(definition: Definition, wire: JsonValue): Promise<Outcome<JsonValue>> {
    const input = await check(definition.input, wire)
    if (!input.ok) return { status: 'failed', code: 'invalid_input', owner: 'orchestration', message: input.issues }
    try {
      const output = await definition.run(new NaiveBranch(this.hands), input.value)
      return output instanceof EndedValue ? output.outcome : { status: 'completed', output: toJson(output) }
    } catch (error) {
      if (error instanceof NaiveEnded) return error.outcome as Outcome<JsonValue>
      throw error
    }
  }

  /** It remembers nothing of what it did. */
  undo(): Promise<WoundDown> {
    return Promise.resolve({ undone: [], remains: [] })
  }

  /** Nothing goes on where this one ends. */
  continue(): Ended {
    return new EndedValue({ status: 'completed', output: null })
  }

  async tool<I, O>(tool: Tool<string, I, O, string>, input: NoInfer<I>): Promise<Json<O>> {
    const result = await this.#tool(tool, input)
    if (result.status === 'completed') return result.output as Json<O>
    throw new NaiveEnded(result)
  }

  async #tool<I, O>(tool: Tool<string, I, O, string>, input: NoInfer<I>): Promise<StepResult> {
    const parsed = await check(tool.spec.input, toJson(input))
    if (!parsed.ok) throw new Error(parsed.issues)
    return this.propose({ spec: tool.spec, input: parsed.value })
  }

  async model(name: string, { model, system, prompt }: ModelQuestion): Promise<{ readonly text: string }> {
    const models = [model].flat().map((m) => modelSettings(m as Parameters<typeof modelSettings>[0]))
    const asked = system === undefined ? [] : [{ role: 'system' as const, text: system }]
    const messages = [...asked, { role: 'user' as const, text: prompt }]
    const ask = { models, tools: [], messages, mark: WINDOW_START, args: '', onBreach: () => 'end' as const }
    return { text: (await this.askModel(name, ask)).text }
  }

  async read<O>(_name: string, read: (call: Call) => Promise<O>): Promise<Json<O>> {
    return toJson(await this.hands.read(read)) as Json<O>
  }

  async ask<X extends Schema>(question: Question<X>): Promise<SaidBy<OutputOf<X>>> {
    const said = await this.hands.askPerson(
      canonical({ question: question.question, show: question.show ?? null }),
      question,
    )
    const value = await check(question.answer, said)
    return withNames(value.ok ? (value.value as OutputOf<X>) : question.otherwise, [])
  }

  all<const F extends readonly ((ctx: Ctx) => Promise<unknown>)[]>(
    branches: F,
  ): Promise<{ -readonly [K in keyof F]: Awaited<ReturnType<F[K]>> }> {
    const made = branches.map((branch) => branch(new NaiveBranch(this.hands)))
    return Promise.all(made) as Promise<{ -readonly [K in keyof F]: Awaited<ReturnType<F[K]>> }>
  }

  /** The others go on: nobody stops them. */
  race<const F extends readonly [(ctx: Ctx) => Promise<unknown>, ...((ctx: Ctx) => Promise<unknown>)[]]>(
    branches: F,
  ): Promise<Awaited<ReturnType<F[number]>>> {
    const made = branches.map((branch) => branch(new NaiveBranch(this.hands)))
    return Promise.race(made) as Promise<Awaited<ReturnType<F[number]>>>
  }

  /** All at once and in memory: what went through is lost with what did not. */
  async map<T, R>(
    rows: readonly T[] | AsyncIterable<T>,
    { key }: { readonly key: (row: T) => string },
    map: (ctx: Ctx, row: Json<T>) => Promise<R>,
  ): Promise<MapResult<R>> {
    const done: unknown[] = []
    const not: { key: string; outcome: Outcome<never> }[] = []
    for await (const row of rows) {
      const output = await map(new NaiveBranch(this.hands), toJson(row) as Json<T>)
      if (output instanceof EndedValue) not.push({ key: key(row), outcome: output.outcome as Outcome<never> })
      else done.push(toJson(output))
    }
    return { done, not } as never
  }

  sleep(duration: Duration): Promise<void> {
    return this.hands.clock.sleep(durationMs(duration))
  }

  now(): Date {
    return new Date(this.hands.clock.now())
  }

  random(): number {
    return this.hands.random()
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, () => Math.floor(this.random() * 16).toString(16)).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  refuse(reason: Reason, say: string): Ended {
    const known = REASONS.includes(reason) ? reason : 'policy'
    return new EndedValue({ status: 'refused', reason: known, rule: 'flow', say })
  }

  handOver(to: string, note: string): Ended {
    return new EndedValue({ status: 'handed_over', to, note })
  }
}

/** How the work on a message ended. Throws what the loop threw. */
export async function naiveOutcome(work: () => Promise<unknown>): Promise<Outcome<JsonValue>> {
  try {
    const output = await work()
    if (output instanceof EndedValue) return output.outcome
    return { status: 'completed', output: toJson(output) }
  } catch (error) {
    if (error instanceof NaiveEnded) return error.outcome as Outcome<JsonValue>
    throw error
  }
}
