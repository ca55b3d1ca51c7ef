import type { Entropy } from '../../core/ids.js'
import type { Ledger } from '../../core/ledger.js'
import { NOBODY } from '../../core/observers.js'
import type { CeilingRow } from '../../core/operated.js'
import type { ContainmentPolicy } from '../../govern/containment.js'
import { Batcher } from '../../ledger/batcher.js'
import { NO_HEADS } from '../../ledger/heads/heads.js'
import type { ModelPort } from '../../models/port.js'
import type { PriceList } from '../../models/price.js'
import { Containment } from '../../orchestrator/containment.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Engine, Failpoint, Outside } from '../../orchestrator/engine.js'
import { Gate } from '../../orchestrator/gate.js'
import { LedgerTime } from '../../orchestrator/ledger-time.js'
import { LiveText } from '../../orchestrator/live-text.js'
import { MapBodies } from '../../orchestrator/map-bodies.js'
import { Suspects } from '../../orchestrator/suspects.js'
import { Worker } from '../../services/worker.js'
import { type LaneCaps, Lanes } from '../../tools/lanes.js'
import { check } from '../../tools/schema.js'
import { Secrets } from '../../tools/secrets.js'
import type { ToolSpec } from '../../tools/tool.js'
import type { Build } from '../build.js'
import { KEY_SECRET } from './ground.js'
import type { SimProcess } from './process.js'

export interface SimWorkerOptions {
  readonly process: SimProcess
  /** As this worker reaches it. */
  readonly ledger: Ledger
  readonly serves: ReadonlyMap<string, Definition>
  readonly lease: `${bigint}ms`
  readonly entropy: Entropy
  /** The world of tools and models, the same for all workers. */
  readonly outside: Outside
  readonly failpoint: (name: Failpoint) => Promise<void>
  readonly prices: PriceList
  readonly lanes: Readonly<Record<string, LaneCaps>>
  readonly contains: ContainmentPolicy
  readonly secrets: Readonly<Record<string, string>>
  readonly build: Build
}

/** The real worker with the real engine, on simulated ports. */
export class SimWorker {
  readonly process: SimProcess
  readonly #worker: Worker
  readonly #engine: Engine
  readonly #ledger: Ledger
  #ceilings: readonly CeilingRow[] = []
  #unlisten: () => Promise<void> = () => Promise.resolve()

  constructor(options: SimWorkerOptions) {
    this.process = options.process
    this.#ledger = options.ledger
    const engine = engineOf(options, () => this.#ceilings)
    this.#engine = options.build.engine?.(engine) ?? engine
    // Series are folded only where something hangs on them: other nights stay as they were.
    const drift = hasTripwires(options.serves)
    const worker = { name: options.process.name, lease: options.lease, concurrency: 16, drift }
    this.#worker = new Worker(this.#engine, options.serves, worker, {
      alarm: () => undefined,
      heard: () => undefined,
      ceilings: (rows) => {
        this.#ceilings = rows
      },
    })
  }

  /** As a process starts: what operators set, an ear for wakes, then the worker itself. Rejects as that would end it. */
  async start(): Promise<void> {
    this.#ceilings = await this.#ledger.ceilings()
    const unlisten = await this.#ledger.listen((wake) => {
      if (wake.kind === 'due') this.#worker.claimer.poke()
      if (wake.kind === 'switch') void this.#worker.switches.look()
    })
    if (this.process.dead) return void unlisten()
    this.#unlisten = unlisten
    await this.#worker.start()
  }

  /** True while it works a run. */
  get busy(): boolean {
    return this.#worker.claimer.active.size > 0
  }

  /** True when all its loops do is look again: it begins what it may, and works all the runs that it holds. */
  idles(held: readonly string[]): boolean {
    const { active } = this.#worker.claimer
    return this.#engine.gate.isOpen && held.every((runId) => active.has(runId))
  }

  /** It is gone. What its attempts listened to is let go, so that nothing keeps it. */
  bury(): void {
    this.process.kill()
    void this.#unlisten()
    for (const run of this.#worker.claimer.active.values()) run?.attempts.abortAll('The process is gone.')
  }
}

export function hasTripwires(serves: ReadonlyMap<string, Definition>): boolean {
  return [...serves.values()].some(({ tripwires }) => tripwires.length > 0)
}

function engineOf(options: SimWorkerOptions, ceilings: () => readonly CeilingRow[]): Engine {
  const { process, ledger, entropy, prices, lanes, secrets, failpoint } = options
  const { clock } = process
  const outside = heardBy(process, options.outside)
  const time = new LedgerTime(clock)
  return {
    ledger,
    batcher: new Batcher(ledger, clock),
    clock,
    time,
    entropy,
    lanes: new Lanes(lanes),
    containment: new Containment(options.contains, () => time.now()),
    secrets: new Secrets((name) => secrets[name]),
    prices,
    live: new LiveText(),
    observers: NOBODY,
    bodies: new MapBodies(),
    suspects: new Suspects(clock),
    keySecret: KEY_SECRET,
    heads: NO_HEADS,
    gate: new Gate(),
    ceilings,
    configModule: null,
    outside,
    isolation: inPlace(outside, process),
    failpoint,
  }
}

/** What the world answers, as a process hears it that may stand still or be gone. The gone ask nothing. */
function heardBy(process: SimProcess, outside: Outside): Outside {
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
  const heard = (model: ModelPort): ModelPort => ({
    specificationVersion: model.specificationVersion,
    provider: model.provider,
    modelId: model.modelId,
    ...(model.price === undefined ? {} : { price: model.price }),
    doGenerate: (asked) => (process.dead ? never() : process.deliver(model.doGenerate(asked))),
    doStream: (asked) => (process.dead ? never() : process.deliver(model.doStream(asked))),
  })
  return {
    execute: (spec, input, call) => (process.dead ? never() : process.deliver(outside.execute(spec, input, call))),
    check: (spec, input, call) => (process.dead ? never() : process.deliver(outside.check(spec, input, call))),
    model: (port, runId) => heard(outside.model(port, runId)),
  }
}

/** Tools of processes of their own run where they are, under their bound. */
export function inPlace(outside: Outside, process: Pick<SimProcess, 'clock'>): Engine['isolation'] {
  return {
    call: async (spec: ToolSpec, p) => {
      const { key, fence, attempt, runId, session, tenant, principal, signal } = p
      const input = await check(spec.input, p.wire)
      const call = {
        key,
        fence: BigInt(fence),
        attempt,
        runId,
        tenant,
        signal,
        deadline: new Date(process.clock.now() + p.boundMs),
        ...(session === null ? {} : { session }),
        ...(principal === null ? {} : { principal }),
        secret: (name: string) => p.secrets.resolve(name, tenant),
      }
      const work = outside.execute(spec, input.ok ? input.value : p.wire, call)
      return new Promise((resolve, reject) => {
        const stop = () => reject(signal.reason)
        signal.addEventListener('abort', stop, { once: true })
        work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
      })
    },
    warm: () => Promise.resolve(true),
    close: () => undefined,
  }
}
