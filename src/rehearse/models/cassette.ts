import { MidwatchError } from '../../core/errors.js'
import type { JsonValue } from '../../core/json.js'
import { ASSESS } from '../../govern/confidence/assessment.js'
import type { Message } from '../../models/prompt.js'
import { type AdmitBody, readBody } from '../../orchestrator/bodies.js'
import { Journal } from '../../orchestrator/journal.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import { digestOf } from '../../orchestrator/proposal.js'
import type { StepResult } from '../../orchestrator/result.js'
import type { Replies, Reply, SaidReply, ScriptedRequest } from '../../testing/scripted-model-reply.js'
import { fault } from '../../tools/fault.js'
import { WAYS_OUT } from '../../tools/tool.js'
import { type Recording, recordingOf } from '../past/recording.js'
import { type Step, stepsOf } from '../past/steps.js'
import type { StandIn } from '../scenario.js'
import { type Recorded, recorded } from '../tools/stand-ins.js'
import { TapedJudge } from './taped-judge.js'
import { type Taped, TapedTalk } from './taped-talk.js'

export interface CassetteOptions {
  /**
   * Where the conversation leaves the record, under faults or with another policy. fail (default): the model says so in an
   * error · go_on: it says what it said then · hand_over: it hands over to a person.
   */
  readonly offRecord?: 'fail' | 'go_on' | 'hand_over'
  /** Ids of models that stood by in a flow's fallback order and never answered: its questions are known by them too. */
  readonly models?: readonly string[]
}

/** A recorded run, to be played again. */
export interface Cassette {
  readonly agent: string
  readonly input: JsonValue
  /** For a scenario's `model`. */
  readonly model: Replies
  /** For a scenario's `tools`: fresh ones at each call, by name. */
  readonly tools: () => Record<string, StandIn>
}

/**
 * Makes a scenario's model and tools of what `midwatch export RUN` wrote, of an agent or a flow. Throws `invalid_input` for
 * any other document, and for a run whose bodies were erased.
 */
export function cassette(document: unknown, options: CassetteOptions = {}): Cassette {
  const recording = recordingOf(document, 'The cassette')
  const { run, entries } = recording
  if (entries.some(({ kind, body }) => body === null && (kind === 'admit' || kind === 'begin' || kind === 'settle'))) {
    throw new MidwatchError(
      'invalid_input',
      `The bodies of run ${run.runId} were erased, what was said among them: it makes no cassette.`,
    )
  }
  const steps = stepsOf(entries)
  const input = readBody<AdmitBody>(entries.find(({ kind }) => kind === 'admit')?.body ?? null).input ?? null
  const talk = new TapedTalk(input, steps)
  const asks = new TapedAsks(recording, steps, options.models ?? [])
  const judged = new TapedJudge(recording)
  const model = ({ messages, tools }: ScriptedRequest): Reply => {
    if (tools.includes(ASSESS)) return replyOf(judged.answerTo(messages), options.offRecord ?? 'fail', false)
    const taped = tools.length > 0 ? talk.answerTo(messages) : asks.answerTo(messages)
    return replyOf(taped, options.offRecord ?? 'fail', tools.length > 0)
  }
  return { agent: run.agent, input, model, tools: () => standInsOf(steps) }
}

/** Questions of a flow, each a conversation of its own, known by the digest that its journal keeps. */
class TapedAsks {
  readonly #answers = new Map<string, ModelSaid>()
  readonly #models: readonly string[]

  constructor({ entries }: Recording, steps: readonly Step[], standby: readonly string[]) {
    const journal = new Journal()
    for (const entry of entries) journal.fold(entry)
    const models = new Set<string>()
    for (const { id, sort, result } of steps) {
      if (sort !== 'model' || result?.status !== 'completed') continue
      const { args, intents } = journal.step(id)
      for (const { body } of intents) models.add(body.name?.replace(/^[^/]*\//, '') ?? '')
      if (args !== null && !this.#answers.has(args)) this.#answers.set(args, result.output as ModelSaid)
    }
    this.#models = [...models, ...standby]
  }

  /** The same words to the same models were answered the same. */
  answerTo(messages: readonly Message[]): Taped {
    for (const models of ordersOf(this.#models)) {
      const said = this.#answers.get(digestOf([messages, models]))
      if (said) return { said }
    }
    const text = messages.at(-1)
    return { why: `nobody asked: ${JSON.stringify(text).slice(0, 200)}`, said: null }
  }
}

/** Every order of one, two or three of them. */
function* ordersOf(models: readonly string[]): Generator<string[]> {
  for (const a of models) {
    yield [a]
    for (const b of models) {
      if (b === a) continue
      yield [a, b]
      for (const c of models) if (c !== a && c !== b) yield [a, b, c]
    }
  }
}

function replyOf(taped: Taped, offRecord: NonNullable<CassetteOptions['offRecord']>, hasWaysOut: boolean): Reply {
  if (!('why' in taped)) return sayAgain(taped.said)
  if (offRecord === 'go_on' && taped.said) return sayAgain(taped.said)
  const why = `The cassette has no answer here: ${taped.why}.`
  if (offRecord === 'hand_over' && hasWaysOut) {
    return { text: why, toolCalls: [{ name: WAYS_OUT.handOver, input: { to: 'operator', note: why } }] }
  }
  // As a provider refuses what it cannot work: no other attempt would go better.
  throw Object.assign(new Error(why), { statusCode: 400 })
}

function sayAgain({ text, reasoning, toolCalls }: ModelSaid): SaidReply {
  const calls = toolCalls.map(({ id, name, inputText }) => ({ id, name, inputText }))
  return { text, ...(reasoning !== '' && { reasoning }), toolCalls: calls }
}

/** Stand-ins that give the recorded results, for every tool and read that the run called. */
function standInsOf(steps: readonly Step[]): Record<string, StandIn> {
  const calls = new Map<string, Recorded[]>()
  for (const { id, sort, input, attempts, result } of steps) {
    const isCall = (sort === 'tool' || sort === 'read') && attempts > 0
    if (!isCall || (result?.status !== 'completed' && result?.status !== 'failed')) continue
    const name = id.replace(/^.*\//, '').replace(/#\d+$/, '')
    calls.set(name, [...(calls.get(name) ?? []), { input, result: resultOf(result) }])
  }
  return Object.fromEntries([...calls].map(([name, list]) => [name, recorded(list)]))
}

function resultOf(result: Extract<StepResult, { status: 'completed' | 'failed' }>): unknown {
  if (result.status === 'completed') return result.output
  return result.code === 'threw' ? new Error(result.message) : fault.permanent(result.code)
}
