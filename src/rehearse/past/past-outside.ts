import { canonical, type JsonValue, toJson } from '../../core/json.js'
import type { ModelPort } from '../../models/port.js'
import type { Outside } from '../../orchestrator/engine.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import type { Replies, SaidReply, ScriptedRequest } from '../../testing/scripted-model-reply.js'
import { fault } from '../../tools/fault.js'
import { check } from '../../tools/schema.js'
import type { Call, Found, ToolSpec } from '../../tools/tool.js'
import type { StandIn } from '../scenario.js'
import type { LoneClock } from './lone-clock.js'
import type { Step } from './steps.js'

/** Where a step's result came from. given: from the part before the cut. */
export type Source = 'given' | 'recorded' | 'stand_in' | 'generated' | 'model'

export interface PastOutsideOptions {
  readonly steps: readonly Step[]
  /** Seq from which on steps are not given. */
  readonly fromSeq: number
  readonly tools: Readonly<Record<string, StandIn | 'generated'>>
  /** recorded: what models said then, in order · agent: the models that the agent names, for real. */
  readonly model: 'recorded' | 'agent' | Replies
  readonly clock: LoneClock
  /** Makes a result of a tool that nobody recorded. */
  readonly invent: (spec: ToolSpec, input: unknown) => Promise<JsonValue>
}

interface LooseStandIn {
  execute(input: unknown, call: Call, spec: ToolSpec): Promise<unknown>
  check?(input: unknown, call: Call): Promise<Found<unknown>>
}

/** The world of a fork: recorded results, stand-ins, and no real tool. */
export class PastOutside implements Outside {
  /** Where results came from, by tool and canonical input. */
  readonly sources = new Map<string, Source>()
  readonly #results = new Map<string, Promise<Step[]>>()
  readonly #done = new Map<string, unknown>()
  readonly #said: readonly SaidReply[]

  constructor(private readonly options: PastOutsideOptions) {
    this.#said = options.steps.flatMap((step) => saidIn(step))
  }

  async execute(spec: ToolSpec, input: unknown, call: Call): Promise<unknown> {
    const result = await this.#result(spec, input, call)
    this.#done.set(`${spec.name}\n${call.key}`, result)
    return result
  }

  /** What was done here under the key, or before the cut, is known. */
  async check(spec: ToolSpec, input: unknown, call: Call): Promise<Found<unknown>> {
    const given = this.options.tools[spec.name]
    if (typeof given === 'object' && given.check)
      return (given as LooseStandIn).check?.(input, call) ?? { did: 'unknown' }
    const key = `${spec.name}\n${call.key}`
    return this.#done.has(key) ? { did: 'happen', result: this.#done.get(key) } : { did: 'not_happen' }
  }

  model(port: ModelPort): ModelPort {
    const { model, clock } = this.options
    if (model === 'agent') return abroad(port, clock)
    const replies = model === 'recorded' ? this.#recordedReply : model
    const { provider, modelId, specificationVersion } = port
    const scripted = scriptedModel({ replies, clock })
    return { ...scripted, provider, modelId, specificationVersion }
  }

  /** The answer that came when as much had been said: a repeated attempt hears the same again. */
  readonly #recordedReply = ({ messages }: ScriptedRequest) =>
    this.#said[messages.filter((m) => m.role === 'assistant').length] ?? ({ fault: 'invalid_request' } as const)

  async #result(spec: ToolSpec, input: unknown, call: Call): Promise<unknown> {
    const given = this.options.tools[spec.name]
    if (typeof given === 'object') {
      this.#from(spec, input, 'stand_in')
      return (given as LooseStandIn).execute(input, call, spec)
    }
    const recorded = given === 'generated' ? [] : await this.#recorded(spec, input)
    // Of several, those after the cut come first, in their order; the last one stays.
    const next = recorded.length > 1 ? recorded.shift() : recorded[0]
    if (!next?.result) {
      this.#from(spec, input, 'generated')
      return this.options.invent(spec, input)
    }
    this.#from(spec, input, 'recorded')
    if (next.result.status === 'completed') return next.result.output
    throw fault.permanent(next.result.status === 'failed' ? next.result.code : next.result.status)
  }

  #recorded(spec: ToolSpec, input: unknown): Promise<Step[]> {
    const wire = canonical(input)
    const name = `${spec.name}\n${wire}`
    const known = this.#results.get(name) ?? recordedFor(this.options, spec, wire)
    this.#results.set(name, known)
    return known
  }

  #from(spec: ToolSpec, input: unknown, source: Source): void {
    this.sources.set(`${spec.name}\n${canonical(input)}`, source)
  }
}

/** Steps of the tool with these arguments and a result of the tool's own, those before the cut last. */
async function recordedFor({ steps, fromSeq }: PastOutsideOptions, spec: ToolSpec, wire: string): Promise<Step[]> {
  const found: Step[] = []
  for (const step of steps) {
    const called = step.sort === 'tool' && step.attempts > 0 && step.id.replace(/^.*\//, '').startsWith(`${spec.name}#`)
    if (!called || (step.result?.status !== 'completed' && step.result?.status !== 'failed')) continue
    const parsed = await check(spec.input, step.input)
    if (parsed.ok && canonical(toJson(parsed.value)) === wire) found.push(step)
  }
  return [...found.filter((s) => s.seq >= fromSeq), ...found.filter((s) => s.seq < fromSeq)]
}

function saidIn({ sort, result }: Step): SaidReply[] {
  if (sort !== 'model' || result?.status !== 'completed') return []
  const { text, reasoning, toolCalls } = result.output as ModelSaid
  const calls = toolCalls.map(({ id, name, inputText }) => ({ id, name, inputText }))
  return [{ text, ...(reasoning === '' ? {} : { reasoning }), toolCalls: calls }]
}

/** A real model, for whose answers virtual time waits. */
function abroad(port: ModelPort, clock: LoneClock): ModelPort {
  return {
    specificationVersion: port.specificationVersion,
    provider: port.provider,
    modelId: port.modelId,
    ...(port.price === undefined ? {} : { price: port.price }),
    doGenerate: (asked) => clock.abroad(port.doGenerate(asked)),
    doStream: (asked) => clock.abroad(port.doStream(asked)),
  }
}
