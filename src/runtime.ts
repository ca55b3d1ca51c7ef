import { MidwatchError } from './core/errors.js'
import { type Entropy, systemEntropy } from './core/ids.js'
import type { JsonValue } from './core/json.js'
import type { Ledger } from './core/ledger.js'
import type { Observed } from './core/observed.js'
import { Observers } from './core/observers.js'
import type { CeilingRow } from './core/operated.js'
import type { LoadTelemetry, Telemetry, TelemetryOptions } from './core/telemetry.js'
import type { Clock } from './core/time.js'
import { Batcher } from './ledger/batcher.js'
import { type OpenStore, openStore } from './ledger/open.js'
import type { PriceList } from './models/price.js'
import { admissionOf, type StartOptions } from './orchestrator/admission.js'
import { type Definition, type Startable, servesKey } from './orchestrator/definition.js'
import { type Engine, type Failpoint, outside } from './orchestrator/engine.js'
import { Gate } from './orchestrator/gate.js'
import { type Run, RunHandle, Wakes } from './orchestrator/handle.js'
import { LedgerTime } from './orchestrator/ledger-time.js'
import { LiveText } from './orchestrator/live-text.js'
import { MapBodies } from './orchestrator/map-bodies.js'
import { mustBeAdmitted } from './orchestrator/not-admitted.js'
import { servedAlong } from './orchestrator/served-along.js'
import { SessionHandle } from './orchestrator/session-handle.js'
import { systemClock } from './orchestrator/system-clock.js'
import { tellAdmitted } from './orchestrator/tell-admitted.js'
import { type Canaries, CanaryChoice, checkCanaries } from './runtime/canary.js'
import { serveLoops } from './runtime/govern/serve.js'
import { checkPins, joinMcp, toolsOf } from './runtime/mcp.js'
import { type Readiness, readinessOf } from './runtime/readiness.js'
import { Content } from './runtime/redact/content.js'
import { Notifier, type NotifyOptions } from './services/notifier.js'
import { Worker, type WorkerOptions } from './services/worker.js'
import { closeIsolated, isolatedCall, warmIsolated } from './tools/isolate.js'
import { isIsolated } from './tools/isolated-mark.js'
import { type LaneCaps, Lanes } from './tools/lanes.js'
import { type SecretSource, Secrets } from './tools/secrets.js'

// biome-ignore lint/suspicious/noExplicitAny: any agent or flow at all
type AnyStartable = Startable<any, any>
type StartIn<A> = A extends { readonly '~i'?: (input: infer I) => void } ? I : never
type StartOut<A> = A extends { readonly '~o'?: infer O } ? Exclude<O, undefined> : never

export interface MidwatchOptions {
  /** Agents and flows that this process serves. */
  readonly run: readonly AnyStartable[]
  /** PostgreSQL 15 or later; default `DATABASE_URL`, else the embedded one. */
  readonly databaseUrl?: string
  /** Where the embedded PostgreSQL keeps its data; default `.midwatch`. */
  readonly home?: string
  /** Prices of models that the table does not know, in dollars per million tokens. */
  readonly prices?: PriceList
  readonly lanes?: Readonly<Record<string, LaneCaps>>
  /** Default: the environment. */
  readonly secrets?: SecretSource
  /** Where people are told of escalations, doubts, kills and dead letters. */
  readonly notify?: NotifyOptions
  /** By agent: a version that takes a share of what is started of it here. Both versions stand in `run`. */
  readonly canary?: Canaries
  /** OpenTelemetry and Prometheus; without it nothing of either is loaded. */
  readonly otel?: TelemetryOptions
  /** `false`: this process starts and reads runs but works none. */
  readonly worker?: WorkerOptions | false
  /** What an operator should know of this process; default one line to stderr. */
  readonly alarm?: (what: string) => void
}

/** What tests and rehearsals put in place of the real thing. */
export interface Ports {
  readonly ledger?: Ledger
  readonly clock?: Clock
  readonly entropy?: Entropy
  readonly failpoint?: (name: Failpoint) => Promise<void>
  /** Module that names the tools, for children that run one. */
  readonly configModule?: string
  /** What makes `otel` true. */
  readonly telemetry?: LoadTelemetry
  /** What is served in the end, once the ledger is open and before anything is worked; default: what was given. */
  readonly serving?: (
    given: ReadonlyMap<string, Definition>,
    ledger: Ledger,
  ) => Promise<ReadonlyMap<string, Definition>>
}

/** How a message is sent: its key is the sender's own, and makes sending it again harmless. */
export type SendOptions = Omit<StartOptions<never>, 'input' | 'session'> & { readonly key: string }

export type { StartOptions, WorkerOptions }

export interface Midwatch {
  /** Throws `invalid_input`, `start_conflict` (the key was used with another input), `unknown_agent`. */
  start<A extends AnyStartable>(agent: A, options: StartOptions<StartIn<A>>): Promise<Run<StartOut<A>>>
  /**
   * A message for a session: worked once per key, in order, one run at a time; acknowledged means durable. Throws as `start`
   * does, and `session_busy`, `session_closed`, `session_sequenced`, `session_unsequenced`, `sequence_taken`, `sequence_passed`.
   */
  send<A extends AnyStartable>(
    agent: A,
    session: string,
    message: StartIn<A>,
    options: SendOptions,
  ): Promise<Run<StartOut<A>>>
  /** One conversation or case: what the ledger knows of it, and how it is closed. */
  session(session: string, options?: { tenant?: string }): SessionHandle
  /** Works one run, if it is due, until it parks or ends. Whoever calls it, however often, can do no harm. */
  advance(runId: string): Promise<{ status: 'ended' | 'parked' | 'lost' | 'not_due' }>
  /** A handle of a run that was started anywhere. */
  run<O = JsonValue>(runId: string): Run<O>
  /**
   * Hears what happens in this process, at once and in its turn; give back what ends it. A listener that throws is alarmed
   * once. It costs nothing while nobody listens.
   */
  observe(listener: (event: Observed) => void): () => void
  /** Metrics as text for Prometheus; null unless `otel: { prometheus: true }`. */
  readonly metricsText: (() => Promise<string>) | null
  /** Whether this process can take work now: its ledger answers, and its worker, if it has one, keeps up. Never throws. */
  readiness(): Promise<Readiness>
  /** A secret of the runtime's source, kept out of all that is written from then on. Throws `missing_secret`. */
  secret(name: string, of: { readonly tenant: string }): Promise<string>
  /** The ledger itself, for operators' tools. */
  readonly ledger: Ledger
  readonly definitions: readonly Definition[]
  /** The database that the ledger is in, for code that keeps its own tables beside it; '' where there is none. */
  readonly databaseUrl: string
  stop(): Promise<void>
}

/** The composition root, with ports that stand in for the real thing. */
export async function assemble(options: MidwatchOptions, ports: Ports): Promise<Midwatch> {
  if (isIsolated()) {
    throw new MidwatchError(
      'invalid_config',
      'The module of an isolated tool starts the runtime when it is loaded: give its tools a module that only defines them.',
    )
  }
  const definitions = definitionsOf(options)
  checkIsolation(definitions, ports.configModule ?? null)
  checkPins(toolsOf(definitions.values()))
  checkCanaries(options.canary ?? {}, definitions.values())
  const databaseUrl = options.databaseUrl ?? process.env.DATABASE_URL
  const store: OpenStore = ports.ledger
    ? { ledger: ports.ledger, url: databaseUrl ?? '', close: () => Promise.resolve() }
    : await openStore({ ...(databaseUrl ? { databaseUrl } : {}), ...(options.home ? { home: options.home } : {}) })
  let runtime = new Runtime(options, ports, store, definitions)
  try {
    if (ports.serving) runtime = new Runtime(options, ports, store, await ports.serving(definitions, store.ledger))
    await runtime.open()
  } catch (error) {
    await runtime.stop()
    throw error
  }
  return runtime
}

function definitionsOf(options: MidwatchOptions): Map<string, Definition> {
  const found = new Map<string, Definition>()
  for (const definition of withAgents(options.run.map((one) => one.definition))) {
    const key = servesKey(definition)
    const same = [...found.values()].find((d) => d.name === definition.name && d.version === definition.version)
    if (same && same.fingerprint !== definition.fingerprint) {
      throw new MidwatchError(
        'invalid_config',
        `Two different definitions of '${definition.name}' version ${definition.version}: raise the version of the newer one.`,
      )
    }
    found.set(key, definition)
  }
  return found
}

/** Agents that stand among the tools of others, and what scores them, are served along with them. */
function withAgents(named: readonly Definition[]): ReadonlySet<Definition> {
  const all = new Set(named)
  for (const one of all) for (const more of servedAlong(one)) all.add(more)
  return all
}

/** A `once` tool runs in a process of its own: the child must be able to load it. */
function checkIsolation(definitions: ReadonlyMap<string, Definition>, configModule: string | null): void {
  for (const { name, tools } of definitions.values()) {
    for (const spec of tools.values()) {
      if (spec.isolate === 'none' || spec.module !== null || configModule !== null) continue
      throw new MidwatchError(
        'invalid_definition',
        `'${name}': tool '${spec.name}' is \`once\` and runs in a process of its own. Say where it stands (module: import.meta.url), or isolate: 'none'.`,
      )
    }
  }
}

const NO_FAILPOINT = Promise.resolve()

class Runtime implements Midwatch {
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #canary: CanaryChoice
  readonly #wakes = new Wakes()
  readonly #live = new LiveText()
  readonly #alarm: (what: string) => void
  readonly #observers: Observers
  readonly #lanes: Lanes
  readonly #secrets: Secrets
  readonly #batcher: Batcher
  #telemetry: Telemetry | null = null
  #ceilings: readonly CeilingRow[] = []
  #unlisten: () => Promise<void> = () => Promise.resolve()
  #worker: Worker | null = null
  #asking: Promise<Readiness> | null = null
  #leaveServers: () => Promise<void> = () => Promise.resolve()
  #notifier: Notifier | null = null
  #leaveLoops: () => Promise<void> = () => Promise.resolve()

  constructor(
    private readonly options: MidwatchOptions,
    private readonly ports: Ports,
    private readonly store: OpenStore,
    private readonly serves: ReadonlyMap<string, Definition>,
  ) {
    this.#clock = ports.clock ?? systemClock
    this.#entropy = ports.entropy ?? systemEntropy
    const choosing = { ledger: store.ledger, entropy: this.#entropy }
    this.#canary = new CanaryChoice(choosing, options.canary ?? {}, [...serves.values()])
    this.#alarm = options.alarm ?? ((what) => process.stderr.write(`midwatch: ${what}\n`))
    this.#observers = new Observers(this.#alarm)
    this.#lanes = new Lanes(options.lanes)
    this.#secrets = new Secrets(options.secrets)
    this.#batcher = new Batcher(store.ledger, this.#clock, this.#observers)
  }

  get ledger(): Ledger {
    return this.store.ledger
  }

  get databaseUrl(): string {
    return this.store.url
  }

  get definitions(): readonly Definition[] {
    return [...this.serves.values()]
  }

  async open(): Promise<void> {
    const { options, ledger } = this
    if (options.otel) await this.#observed(options.otel)
    this.#ceilings = await ledger.ceilings()
    this.#unlisten = await ledger.listen((wake) => {
      // The end of a run that is worked here is told from here, with its outcome.
      if (wake.kind !== 'ended' || !this.#worker?.claimer.active.has(wake.name)) this.#wakes.tell(wake)
      if (wake.kind === 'due') this.#worker?.claimer.poke()
      if (wake.kind === 'switch') void this.#worker?.switches.look()
      if (wake.kind === 'notice') this.#notifier?.poke()
    })
    if (options.worker !== false) {
      const engine = await this.#engine()
      this.#leaveServers = await joinMcp(toolsOf(this.serves.values()), engine.secrets, this.#alarm)
      this.#worker = new Worker(engine, this.serves, options.worker ?? {}, {
        alarm: this.#alarm,
        heard: (runId, stretch) => {
          const told = stretch.status === 'ended' && !stretch.continued ? stretch.outcome : undefined
          this.#wakes.tell({ kind: 'ended', name: runId }, told)
        },
        ceilings: (rows) => {
          this.#ceilings = rows
        },
      })
      await this.#worker.start()
      this.#leaveLoops = this.#serveLoops(this.#worker)
    }
    if (options.notify) {
      this.#notifier = new Notifier({ ledger, clock: this.#clock, alarm: this.#alarm }, options.notify)
      await this.#notifier.start()
    }
  }

  async #observed(options: TelemetryOptions): Promise<void> {
    const { telemetry } = this.ports
    if (telemetry === undefined) {
      throw new MidwatchError(
        'invalid_config',
        "otel: this runtime was put together without telemetry; use midwatch()'s own.",
      )
    }
    const made = await telemetry(options, {
      ledger: this.ledger,
      content: new Content(this.definitions),
      lanes: () => this.#lanes.states(),
      held: () => this.#worker?.claimer.active.size ?? 0,
      isAway: () => this.#batcher.away,
      alarm: this.#alarm,
    })
    this.#telemetry = made
    this.#observers.tracing = made.tracing
    this.#observers.add(made.listener)
  }

  observe(listener: (event: Observed) => void): () => void {
    return this.#observers.add(listener)
  }

  get metricsText(): (() => Promise<string>) | null {
    return this.#telemetry?.metricsText ?? null
  }

  secret(name: string, { tenant }: { readonly tenant: string }): Promise<string> {
    return this.#secrets.resolve(name, tenant)
  }

  #serveLoops({ claimer }: Worker): () => Promise<void> {
    const ports = { ledger: this.ledger, clock: this.#clock, wakes: this.#wakes, entropy: this.#entropy }
    const advance = (runId: string) => claimer.advance(runId)
    return serveLoops(this.options.run, { ...ports, advance, alarm: this.#alarm })
  }

  async #engine(): Promise<Engine> {
    const { options, ledger, ports } = this
    return {
      ledger,
      batcher: this.#batcher,
      clock: this.#clock,
      time: new LedgerTime(this.#clock),
      entropy: this.#entropy,
      lanes: this.#lanes,
      secrets: this.#secrets,
      prices: options.prices ?? {},
      live: this.#live,
      observers: this.#observers,
      bodies: new MapBodies(),
      keySecret: await ledger.secret(),
      gate: new Gate(),
      ceilings: () => this.#ceilings,
      configModule: ports.configModule ?? null,
      outside,
      isolation: { call: isolatedCall, warm: warmIsolated, close: closeIsolated },
      failpoint: ports.failpoint ?? (() => NO_FAILPOINT),
    }
  }

  async start<A extends AnyStartable>(agent: A, options: StartOptions<StartIn<A>>): Promise<Run<StartOut<A>>> {
    const known = this.serves.get(servesKey(agent.definition))
    if (!known) {
      throw new MidwatchError(
        'unknown_agent',
        `'${agent.name}' is not among those this runtime was given; add it to run: […].`,
      )
    }
    const definition = await this.#canary.of(known, options)
    const trace = options.trace ?? this.#observers.tracing?.active()
    const admission = await admissionOf(definition, { ...options, ...(trace && { trace }) }, this.#entropy)
    const admitted = await this.ledger.admit(admission)
    mustBeAdmitted(admitted, options)
    const isNew = admitted.code === 'ok'
    tellAdmitted(this.#observers, { ...admission, runId: admitted.runId }, 'started', isNew)
    this.#worker?.claimer.poke()
    return this.#handle(admitted.runId, isNew ? this.#clock.monotonic() : undefined)
  }

  send<A extends AnyStartable>(
    agent: A,
    session: string,
    message: StartIn<A>,
    options: SendOptions,
  ): Promise<Run<StartOut<A>>> {
    return this.start(agent, { ...options, session, input: message })
  }

  session(session: string, { tenant = 'default' }: { tenant?: string } = {}): SessionHandle {
    return new SessionHandle({ tenant, session }, this.ledger)
  }

  async advance(runId: string): Promise<{ status: 'ended' | 'parked' | 'lost' | 'not_due' }> {
    const stretch = await this.#worker?.claimer.advance(runId)
    return { status: stretch?.status ?? 'not_due' }
  }

  run<O>(runId: string): Run<O> {
    return this.#handle(runId)
  }

  /** Anybody may ask, as often as they like: the ledger is asked once at a time. */
  readiness(): Promise<Readiness> {
    this.#asking ??= readinessOf(this.ledger, this.#clock, this.#worker?.pulse() ?? null).finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  #handle<O>(runId: string, newAt?: number): Run<O> {
    const ports = { ledger: this.ledger, clock: this.#clock, wakes: this.#wakes, live: this.#live }
    return new RunHandle<O>(runId, ports, newAt)
  }

  async stop(): Promise<void> {
    await this.#worker?.stop()
    await this.#leaveLoops()
    await this.#leaveServers()
    await this.#notifier?.stop()
    await this.#unlisten().catch(() => undefined)
    await this.#telemetry?.stop()
    await this.store.close()
  }
}
