import type { ModelPort, PortOptions, PortResult } from '../../models/port.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Outside } from '../../orchestrator/engine.js'
import type { Schema } from '../../tools/schema.js'
import type { Found, ToolSpec } from '../../tools/tool.js'
import type { Sending } from '../judge/witness-rules.js'
import { givenBy, Pending } from './line.js'
import type { FromWorker, Request, ToWorker, WireModel, WireTool } from './wire.js'

export interface NearOutsideOptions {
  /** The world, with all that can go wrong in it. */
  readonly outside: Outside
  readonly definitions: readonly Definition[]
  readonly secrets: Readonly<Record<string, string>>
  readonly sent: Sending[]
  readonly send: (message: ToWorker) => void
}

/** Takes what it is given: the worker has checked it. */
const ANYTHING = {
  '~standard': { version: 1, vendor: 'midwatch', validate: (value: unknown) => ({ value }) },
} as unknown as Schema

/** One worker's calls as the world hears them. It outlives the worker, and gives up what the worker asked for when it dies. */
export class NearOutside {
  readonly #calls = new Map<number, AbortController>()
  readonly #backs = new Pending()

  constructor(private readonly options: NearOutsideOptions) {}

  /** Calls under way. */
  get busy(): number {
    return this.#calls.size
  }

  async hear(id: number, request: Exclude<Request, { kind: 'pass' }>): Promise<void> {
    const stop = new AbortController()
    this.#calls.set(id, stop)
    const given = await givenBy(() => this.#work(id, request, stop.signal))
    this.#calls.delete(id)
    this.options.send({ kind: 'given', id, given })
  }

  abort({ id, timeout }: Extract<FromWorker, { kind: 'abort' }>): void {
    this.#calls.get(id)?.abort(timeout ? new DOMException('Too slow.', 'TimeoutError') : new Error('Given up.'))
  }

  back({ id, given }: Extract<FromWorker, { kind: 'back' }>): void {
    this.#backs.give(id, given)
  }

  /** The worker is gone: nobody waits for its answers. */
  bury(): void {
    const gone = new Error('The process is gone.')
    for (const stop of this.#calls.values()) stop.abort(gone)
    this.#backs.rejectAll(gone)
  }

  #work(id: number, request: Exclude<Request, { kind: 'pass' }>, signal: AbortSignal): Promise<unknown> {
    const { outside, secrets, sent } = this.options
    if (request.kind === 'model') {
      const port = outside.model(this.#port(id, request.model), request.runId)
      return Promise.resolve(port.doGenerate({ ...request.asked, abortSignal: signal } as PortOptions))
    }
    const { kind, agent, tool, input, call: wire } = request
    const spec = this.#spec(id, agent, tool)
    const call = { ...wire, signal, secret: async (name: string) => secrets[name] ?? '' }
    if (kind === 'check') return outside.check(spec, input, call)
    const { key, runId, tenant, fence, attempt } = call
    sent.push({ tool: tool.name, effect: tool.effect, key, runId, tenant, fence, attempt, at: null })
    return outside.execute(spec, input, call)
  }

  /** An agent's tool runs its own code here, where no worker's death can lose what it did. */
  #spec(id: number, agent: string | null, tool: WireTool): ToolSpec {
    const named = this.options.definitions.find(({ name }) => name === agent)?.tools.get(tool.name)
    if (named) return named
    const execute = () => this.#callBack(id)
    const check = tool.hasCheck ? () => this.#callBack(id, {}) as Promise<Found<unknown>> : null
    const plain = {
      description: '',
      undoes: null,
      output: null,
      lane: null,
      attempts: 1,
      concurrent: false,
      repeat: null,
      module: null,
      people: 1 as const,
    }
    return { ...plain, ...tool, input: ANYTHING, isolate: 'none', key: null, locks: null, meters: {}, execute, check }
  }

  #port(id: number, model: WireModel): ModelPort {
    const same = (one: ModelPort) => one.modelId === model.modelId && one.provider === model.provider
    const named = this.options.definitions.flatMap(({ models }) => models).find(same)
    if (named) return named
    const generate = ({ abortSignal: _, ...asked }: PortOptions) => this.#callBack(id, asked) as Promise<PortResult>
    return { ...model, doGenerate: generate, doStream: () => Promise.reject(new Error('Nobody streams here.')) }
  }

  /** The worker's own code, where the parent has none: a flow's tool, a flow's model. */
  #callBack(of: number, asked?: object): Promise<unknown> {
    const { given } = this.#backs.ask((id) => {
      this.options.send({ kind: 'call_back', id, of, ...(asked ? { asked: asked as PortOptions } : {}) })
    })
    return given
  }
}
