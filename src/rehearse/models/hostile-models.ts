import type { EffectClass } from '../../core/states.js'
import type { ModelPort, PortMessage, PortOptions, PortPart, PortResult } from '../../models/port.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import type { Replies, Reply } from '../../testing/scripted-model-reply.js'
import type { JsonSchema } from '../../tools/schema.js'
import { saidBy } from '../case-frame.js'
import type { Site } from '../site.js'
import type { Surroundings } from '../surroundings.js'
import { outageMs } from '../tools/tool-faults.js'
import {
  looped,
  MODEL_FAULTS,
  type ModelFaultName,
  modelFaultsOf,
  type Proposed,
  proposedOf,
  type Spoilable,
  type Spoilt,
} from './model-faults.js'
import { Turns } from './turns.js'

/** The least and the most that a healthy model thinks, ms. */
const THINKS_MS = { least: 200, most: 2_500 } as const

/** Every model of one case: the scenario's script in their place, or their own, and what can go wrong with an answer. */
export class HostileModels {
  readonly #turns = new Map<string, Turns>()
  readonly #scripted = new Map<string, ModelPort>()
  /** Models that nobody reaches, until then. */
  readonly #away = new Map<string, number>()
  readonly #script: Replies | null
  readonly #effects: ReadonlyMap<string, EffectClass>

  constructor(private readonly s: Surroundings) {
    const script = s.scenario.model?.(s.stage, s.world) ?? null
    this.#script = typeof script === 'function' ? this.#heard(script) : script
    const specs = s.scenario.run.flatMap(({ definition }) => [...definition.tools.values()])
    this.#effects = new Map(specs.map(({ name, effect }) => [name, effect]))
  }

  /** The port that one run's model step calls. */
  port(port: ModelPort, runId: string): ModelPort {
    const turns = this.#turns.get(runId) ?? new Turns()
    this.#turns.set(runId, turns)
    const generate = (asked: PortOptions) => this.#generate(port, runId, turns, asked)
    return {
      specificationVersion: port.specificationVersion,
      provider: port.provider,
      modelId: port.modelId,
      ...(port.price && { price: port.price }),
      doGenerate: generate,
      doStream: async (asked) => ({ stream: streamOf(await generate(asked)) }),
    }
  }

  async #generate(port: ModelPort, runId: string, turns: Turns, asked: PortOptions): Promise<PortResult> {
    const { s } = this
    const site: Site = { kind: 'model', name: port.modelId }
    const prompt = turns.cleaned(asked.prompt)
    const turn = turns.due({ prompt })
    await s.clock.sleep(this.#thinksMs(runId, turn, asked), asked.abortSignal)
    asked.abortSignal?.throwIfAborted()
    if (s.clock.now() < (this.#away.get(port.modelId) ?? 0)) {
      s.fates.at(site, [])
      return this.#say(UNREACHED, asked)
    }
    const again = looped(turns)
    if (again) {
      s.fates.at(site, [])
      return this.#say(again, asked)
    }
    const answer = await this.#meant(port, runId, { ...asked, prompt })
    const a = this.#spoilable(asked, answer)
    const strike = s.fates.at(site, modelFaultsOf(a))
    if (strike === null) {
      turns.meant(answer, turn)
      return answer
    }
    const fault = strike.fault as ModelFaultName
    const chance = s.chance.fork(`${strike.place}|${fault}`)
    const foreign = ({ name, inputText }: Proposed) =>
      s.witness.suspect({ runId, tool: name, input: JSON.parse(inputText) }, fault)
    const spoilt: Spoilt = MODEL_FAULTS[fault].spoil({ ...a, turns, chance, foreign })
    s.fates.bit(strike)
    if (fault === 'model_outage') this.#away.set(port.modelId, s.clock.now() + outageMs(chance.of('span')))
    if (typeof spoilt !== 'object' || !('answer' in spoilt)) return this.#say(spoilt, asked)
    turns.meant(spoilt.answer, turn)
    return spoilt.answer
  }

  /** What the model would have said. */
  async #meant(port: ModelPort, runId: string, asked: PortOptions): Promise<PortResult> {
    if (this.#script === null) return port.doGenerate(asked)
    const name = `${runId}\n${port.modelId}`
    const known = this.#scripted.get(name)
    if (known) return known.doGenerate(asked)
    const { clock } = this.s
    const turnOf = (one: PortOptions) => this.#turns.get(runId)?.due(one) ?? 1
    const model = scriptedModel({ replies: this.#script, clock, name: port.modelId, turnOf })
    this.#scripted.set(name, model)
    return model.doGenerate(asked)
  }

  /** A script that throws would look like a provider that fails: every run would end, and nothing would be broken. */
  #heard(script: Exclude<Replies, readonly Reply[]>): Replies {
    return async (request) => {
      try {
        return await script(request)
      } catch (error) {
        this.s.witness.slip(
          `The scenario's model threw in turn ${request.call}, where it must answer: ${saidBy(error)}`,
        )
        throw error
      }
    }
  }

  #say(reply: Reply, asked: PortOptions): PromiseLike<PortResult> {
    return scriptedModel({ replies: [reply], clock: this.s.clock }).doGenerate(asked)
  }

  #thinksMs(runId: string, turn: number, asked: PortOptions): number {
    const { least, most } = THINKS_MS
    return this.s.chance.between(least, most, `thinks|${runId}|${turn}|${asked.prompt.length}`)
  }

  #spoilable(asked: PortOptions, answer: PortResult): Spoilable {
    const calls = answer.content.filter((part) => part.type === 'tool-call').map(proposedOf)
    const isWrite = ({ name }: Proposed) => (this.#effects.get(name) ?? 'read') !== 'read'
    const own = calls.filter(({ name }) => this.#effects.has(name))
    const past = pastCalls(asked.prompt)
    return {
      asked,
      answer,
      calls,
      own,
      writes: own.filter(isWrite),
      past: past.map(({ call }) => call).filter(({ name }) => this.#effects.has(name)),
      confirmed: past.flatMap(({ call, failed }) => (!failed && isWrite(call) ? [call] : [])),
      effectful: (asked.tools ?? []).flatMap(({ name, inputSchema }) =>
        isWrite({ name, inputText: '' }) ? [{ name, schema: inputSchema as JsonSchema }] : [],
      ),
    }
  }
}

const UNREACHED: Reply = { fault: 'server_error', status: 503 }

/** Calls of a conversation that have a result, in order. */
function pastCalls(prompt: readonly PortMessage[]): { readonly call: Proposed; readonly failed: boolean }[] {
  const calls = new Map<string, Proposed>()
  return prompt.flatMap((message) => {
    if (message.role === 'assistant') {
      for (const part of message.content) if (part.type === 'tool-call') calls.set(part.toolCallId, proposedOf(part))
    }
    if (message.role !== 'tool') return []
    return message.content.flatMap(({ toolCallId, output }) => {
      const call = calls.get(toolCallId)
      return call ? [{ call, failed: output.type.startsWith('error') }] : []
    })
  })
}

/** A whole answer as a stream: in simulation nobody hears it word by word. */
function streamOf(answer: PortResult): ReadableStream<PortPart> {
  const parts = [...answer.content, { type: 'finish', finishReason: answer.finishReason, usage: answer.usage }]
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}
