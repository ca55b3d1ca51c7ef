import { MidwatchError } from './core/errors.js'
import type { JsonValue } from './core/json.js'
import type { Ledger } from './core/ledger.js'
import type { Observed } from './core/observed.js'
import type { Telemetry, TelemetryOptions } from './core/telemetry.js'
import { type Duration, durationMs } from './core/time.js'
import type { OpenStore } from './ledger/open.js'
import { admissionOf, type StartOptions } from './orchestrator/admission.js'
import { type Definition, servesKey } from './orchestrator/definition.js'
import { type Run, RunHandle, Wakes } from './orchestrator/handle.js'
import { mustBeAdmitted } from './orchestrator/not-admitted.js'
import { servedBy } from './orchestrator/serving.js'
import { SessionHandle } from './orchestrator/session-handle.js'
import { tellAdmitted, tellQueue } from './orchestrator/tell-admitted.js'
import { type Advanced, advancedOf } from './runtime/advanced.js'
import { CanaryChoice, checkCanaries } from './runtime/canary.js'
import { Equipment } from './runtime/equipment.js'
import { serveLoops } from './runtime/govern/serve.js'
import { checkPins, joinMcp, toolsOf } from './runtime/mcp.js'
import type { AnyStartable, MidwatchOptions, Ports } from './runtime/options.js'
import { type Readiness, readinessOf } from './runtime/readiness.js'
import { Content } from './runtime/redact/content.js'
import { checkIsolation, definitionsOf } from './runtime/served.js'
import { storeOf } from './runtime/store-of.js'
import { DueWatch } from './services/due-watch.js'
import { Notifier } from './services/notifier.js'
import type { Worked } from './services/visit.js'
import { queuesOf, Worker, type WorkerOptions } from './services/worker.js'
import { isIsolated } from './tools/isolated-mark.js'

type StartIn<A> = A extends { readonly '~i'?: (input: infer I) => void } ? I : never
type StartOut<A> = A extends { readonly '~o'?: infer O } ? Exclude<O, undefined> : never

/** How a message is sent: its key is the sender's own, and makes sending it again harmless. */
export type SendOptions = Omit<StartOptions<never>, 'input' | 'session'> & { readonly key: string }

export type { Again } from './runtime/advanced.js'
export type { Advanced, MidwatchOptions, Ports, StartOptions, Worked, WorkerOptions }

export interface Midwatch {
  /**
   * Throws `invalid_input`, `start_conflict` (the key was used with another input), `unknown_agent`, and `overloaded` with a
   * `retryAfterMs` where a bound on what waits to begin leaves no room.
   */
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
  /**
   * Works one run, if it is due, until it parks or ends, and says when to call again. Whoever calls it, however often, late or
   * at once, can do no harm: the seam for hosts that dispatch by themselves (docs/engines.md). With `worker: false` the first
   * call makes a worker that takes no run unasked. Throws `unknown_run`, and `ledger_away`: then call again.
   */
  advance(runId: string): Promise<Advanced>
  /**
   * Takes whatever is due, as a worker does, until nothing is or the time is over: for a cron route, and beneath hosts that
   * advance by name. What is under way when the time is over goes on in this process until `stop`.
   */
  work(options: { readonly within: Duration }): Promise<Worked>
  /**
   * Tells which runs may be taken up now, whoever made them due: a message, an answer, a release, a time, a worker's death. Of those
   * that this process serves, in the queues of its worker, what is due already among them. For hosts that dispatch by `advance`;
   * each may hear of the same run, and hears of it again while nobody took it up. Give back what ends it.
   */
  onDue(listener: (runId: string) => void): () => void
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
  /** Aborted as soon as `stop` is called: whoever serves others by this runtime turns them away from then on. */
  readonly stopping: AbortSignal
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
  const store = await storeOf(options, ports)
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

class Runtime implements Midwatch {
  readonly #has: Equipment
  readonly #canary: CanaryChoice
  readonly #wakes = new Wakes()
  readonly #stop = new AbortController()
  readonly stopping = this.#stop.signal
  #telemetry: Telemetry | null = null
  #unlisten: () => Promise<void> = () => Promise.resolve()
  #worker: Worker | null = null
  #hosting: Promise<Worker> | null = null
  #asking: Promise<Readiness> | null = null
  #leaveServers: () => Promise<void> = () => Promise.resolve()
  #notifier: Notifier | null = null
  #due: DueWatch | null = null
  #leaveLoops: () => Promise<void> = () => Promise.resolve()

  constructor(
    private readonly options: MidwatchOptions,
    private readonly ports: Ports,
    private readonly store: OpenStore,
    private readonly serves: ReadonlyMap<string, Definition>,
  ) {
    this.#has = new Equipment(options, ports, store.ledger)
    const choosing = { ledger: store.ledger, entropy: this.#has.entropy }
    this.#canary = new CanaryChoice(choosing, options.canary ?? {}, [...serves.values()])
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
    this.#has.ceilings = await ledger.ceilings()
    this.#unlisten = await ledger.listen((wake) => {
      // The end of a run that is worked here is told from here, with its outcome.
      if (wake.kind !== 'ended' || !this.#worker?.claimer.active.has(wake.name)) this.#wakes.tell(wake)
      if (wake.kind === 'due') this.#due?.poke()
      if (wake.kind === 'due' && !this.#has.ownWakes.passes(wake.name)) this.#worker?.claimer.poke()
      if (wake.kind === 'switch') void this.#worker?.switches.look()
      if (wake.kind === 'notice') this.#notifier?.poke()
    })
    if (options.worker !== false) await this.#enlist(options.worker ?? {})
    if (options.notify) {
      this.#notifier = new Notifier({ ledger, clock: this.#has.clock, alarm: this.#has.alarm }, options.notify)
      await this.#notifier.start()
    }
  }

  async #enlist(options: WorkerOptions): Promise<Worker> {
    const engine = await this.#has.engine()
    this.#leaveServers = await joinMcp(toolsOf(this.serves.values()), engine.secrets, this.#has.alarm)
    const worker = new Worker(engine, this.serves, options, {
      alarm: this.#has.alarm,
      heard: (runId, stretch) => {
        const told = stretch.status === 'ended' && !stretch.continued ? stretch.outcome : undefined
        this.#wakes.tell({ kind: 'ended', name: runId }, told)
      },
      ceilings: (rows) => {
        this.#has.ceilings = rows
      },
    })
    this.#worker = worker
    await worker.start()
    this.#leaveLoops = this.#serveLoops(worker)
    return worker
  }

  /** The worker of this process; the first who needs one makes it, where none was wanted. */
  async #host(): Promise<Worker> {
    if (this.#stop.signal.aborted)
      throw new MidwatchError('not_ready', 'This runtime was stopped; ask another process.')
    this.#hosting ??= this.#worker
      ? Promise.resolve(this.#worker)
      : this.#enlist({ claims: false }).catch((error) => {
          this.#hosting = null
          this.#worker = null
          throw error
        })
    return this.#hosting
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
      lanes: () => this.#has.lanes.states(),
      held: () => this.#worker?.claimer.active.size ?? 0,
      isAway: () => this.#has.batcher.away,
      alarm: this.#has.alarm,
    })
    this.#telemetry = made
    this.#has.observers.tracing = made.tracing
    this.#has.observers.add(made.listener)
  }

  observe(listener: (event: Observed) => void): () => void {
    return this.#has.observers.add(listener)
  }

  get metricsText(): (() => Promise<string>) | null {
    return this.#telemetry?.metricsText ?? null
  }

  secret(name: string, { tenant }: { readonly tenant: string }): Promise<string> {
    return this.#has.secrets.resolve(name, tenant)
  }

  #serveLoops({ claimer }: Worker): () => Promise<void> {
    const ports = { ledger: this.ledger, clock: this.#has.clock, wakes: this.#wakes, entropy: this.#has.entropy }
    const advance = (runId: string) => claimer.advance(runId)
    return serveLoops(this.options.run, { ...ports, advance, alarm: this.#has.alarm })
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
    const trace = options.trace ?? this.#has.observers.tracing?.active()
    const admission = await admissionOf(definition, { ...options, ...(trace && { trace }) }, this.#has.entropy)
    const admitted = await this.#has.admissions.admit(admission)
    tellQueue(this.#has.observers, admission, admitted)
    mustBeAdmitted(admitted, options)
    const isNew = admitted.code === 'ok'
    if (isNew && this.#worker) this.#has.newborns.admitted(admitted.runId, admission.body)
    tellAdmitted(this.#has.observers, { ...admission, runId: admitted.runId }, 'started', isNew)
    this.#worker?.claimer.poke()
    return this.#handle(admitted.runId, isNew ? this.#has.clock.monotonic() : undefined)
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

  async advance(runId: string): Promise<Advanced> {
    const worker = await this.#host()
    // Who may begin nothing would hold the run, and keep it from others.
    const { mayBegin } = worker.pulse()
    const stretch = mayBegin ? await worker.claimer.advance(runId) : null
    return advancedOf({ ledger: this.ledger, serves: this.serves, mayBegin }, runId, stretch)
  }

  async work({ within }: { readonly within: Duration }): Promise<Worked> {
    const { claimer } = await this.#host()
    return claimer.work(durationMs(within))
  }

  onDue(listener: (runId: string) => void): () => void {
    const { clock, alarm } = this.#has
    const { worker } = this.options
    const queues = queuesOf(worker === false ? {} : (worker ?? {}), this.serves)
    this.#due ??= new DueWatch({ ledger: this.ledger, clock, serves: servedBy(this.definitions), queues, alarm })
    return this.#due.listen(listener)
  }

  run<O>(runId: string): Run<O> {
    return this.#handle(runId)
  }

  /** Anybody may ask, as often as they like: the ledger is asked once at a time. */
  readiness(): Promise<Readiness> {
    this.#asking ??= readinessOf(this.ledger, this.#has.clock, this.#worker?.pulse() ?? null).finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  #handle<O>(runId: string, newAt?: number): Run<O> {
    const { clock, live } = this.#has
    const isWorkedHere = (id: string) => this.#worker?.claimer.active.has(id) ?? false
    const ports = { ledger: this.ledger, clock, wakes: this.#wakes, live, isWorkedHere }
    return new RunHandle<O>(runId, ports, newAt)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#hosting?.catch(() => undefined)
    await this.#due?.stop()
    await this.#worker?.stop()
    await this.#leaveLoops()
    await this.#leaveServers()
    await this.#notifier?.stop()
    await this.#unlisten().catch(() => undefined)
    await this.#telemetry?.stop()
    await this.store.close()
  }
}
