import type { ModelPort, PortOptions, PortPart, PortResult } from '../../models/port.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Outside } from '../../orchestrator/engine.js'
import type { Call, Found, ToolSpec } from '../../tools/tool.js'
import { givenBy, Pending } from './line.js'
import type { FromWorker, Given, Request, ToWorker, WireCall, WireTool } from './wire.js'

/** What a request was made of, for its own code. */
interface Own {
  readonly spec?: ToolSpec
  readonly input?: unknown
  readonly call?: Call
  readonly port?: ModelPort
  readonly signal: AbortSignal | undefined
}

/** Tools and models as a worker's process reaches them: in the parent, which outlives it. */
export class FarOutside implements Outside {
  readonly #pending = new Pending()
  readonly #own = new Map<number, Own>()
  readonly #agents: ReadonlyMap<ToolSpec, string>

  constructor(
    definitions: readonly Definition[],
    private readonly send: (message: FromWorker) => void,
  ) {
    const named = definitions.flatMap(({ name, tools }) => [...tools.values()].map((spec) => [spec, name] as const))
    this.#agents = new Map(named)
  }

  /** A question that is no tool's and no model's. */
  ask(request: Request): Promise<unknown> {
    return this.#ask(request, { signal: undefined })
  }

  execute(spec: ToolSpec, input: unknown, call: Call): Promise<unknown> {
    return this.#tool('execute', spec, input, call)
  }

  check(spec: ToolSpec, input: unknown, call: Call): Promise<Found<unknown>> {
    return this.#tool('check', spec, input, call) as Promise<Found<unknown>>
  }

  #tool(kind: 'execute' | 'check', spec: ToolSpec, input: unknown, call: Call): Promise<unknown> {
    const { signal, secret: _, ...wire } = call
    const agent = this.#agents.get(spec) ?? null
    const request: Request = { kind, agent, tool: wireTool(spec), input, call: wire as WireCall }
    return this.#ask(request, { spec, input, call, signal })
  }

  model(port: ModelPort, runId: string): ModelPort {
    const { provider, modelId, specificationVersion, price } = port
    const model = { provider, modelId, specificationVersion, ...(price === undefined ? {} : { price }) }
    const generate = async (options: PortOptions) => {
      const { abortSignal: signal, ...asked } = options
      return (await this.#ask({ kind: 'model', runId, model, asked }, { port, signal })) as PortResult
    }
    return { ...model, doGenerate: generate, doStream: async (asked) => ({ stream: streamOf(await generate(asked)) }) }
  }

  async #ask(request: Request, own: Own): Promise<unknown> {
    const { signal } = own
    const { id, given } = this.#pending.ask((n) => {
      this.#own.set(n, own)
      this.send({ kind: 'ask', id: n, request })
    })
    const abort = () => {
      const { reason } = signal ?? {}
      this.send({ kind: 'abort', id, timeout: reason instanceof DOMException && reason.name === 'TimeoutError' })
    }
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    try {
      return await given
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#own.delete(id)
    }
  }

  hear(message: ToWorker): void {
    if (message.kind === 'given') this.#pending.give(message.id, message.given)
    else if (message.kind === 'call_back') void this.#callBack(message)
  }

  /** Runs the own code of a request. */
  async #callBack({ id, of, asked }: Extract<ToWorker, { kind: 'call_back' }>): Promise<void> {
    const own = this.#own.get(of)
    const given: Given = await givenBy(async () => {
      if (own?.port)
        return own.port.doGenerate({ ...(asked as PortOptions), ...(own.signal ? { abortSignal: own.signal } : {}) })
      if (!own?.spec || !own.call) throw new Error('The call is over.')
      return asked === undefined ? own.spec.execute(own.input, own.call) : own.spec.check?.(own.input, own.call)
    })
    this.send({ kind: 'back', id, given })
  }
}

function wireTool(spec: ToolSpec): WireTool {
  const { name, effect, timeoutMs, settlesMs, keyRememberedMs, jsonSchema, check } = spec
  return { name, effect, timeoutMs, settlesMs, keyRememberedMs, jsonSchema, hasCheck: check !== null }
}

function streamOf(answer: PortResult): ReadableStream<PortPart> {
  const parts = [...answer.content, { type: 'finish', finishReason: answer.finishReason, usage: answer.usage }]
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}
