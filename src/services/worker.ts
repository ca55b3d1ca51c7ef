import { hostname } from 'node:os'
import { LIMITS } from '../core/limits.js'
import type { CeilingRow } from '../core/operated.js'
import { type Duration, durationMs } from '../core/time.js'
import type { Definition } from '../orchestrator/definition.js'
import type { Engine } from '../orchestrator/engine.js'
import { servedBy } from '../orchestrator/serving.js'
import type { Stretch } from '../orchestrator/stretch-end.js'
import { BreakerWatch } from './breaker-watch.js'
import { Claimer } from './claimer.js'
import { Continuity } from './continuity.js'
import { DriftKeeper, wiresOf } from './drift/drift-keeper.js'
import { GapWatch } from './gap-watch.js'
import { Heartbeat } from './heartbeat.js'
import { Scheduler, scheduledFlows } from './scheduler.js'
import { SecondLook } from './second-look.js'
import { SwitchWatch } from './switch-watch.js'

export interface WorkerOptions {
  readonly name?: string
  /** Runs at once; default 64. */
  readonly concurrency?: number
  /** How long this worker may be silent before others take its runs; default 10s. */
  readonly lease?: Duration
  /** Queues that it looks into; default `default` and those of its agents and flows. */
  readonly queues?: readonly string[]
  /** Places that one tenant has at most while it works; default all. What is left is for the others, who then need not wait for one. */
  readonly perTenant?: number
  /** `false`: it takes no run by itself, and works what `advance` names and what is due during `work`: for a host of your own. */
  readonly claims?: boolean
  /** `false`: it folds no series and looks at no tripwires; others do. */
  readonly drift?: boolean
}

/** How far a worker is behind with what it must do again and again. */
export interface Pulse {
  /** Since the ledger last confirmed its lease. */
  readonly silentMs: number
  readonly leaseMs: number
  /** Whether it may begin steps. */
  readonly mayBegin: boolean
}

/** The services of one worker. */
export class Worker {
  readonly claimer: Claimer
  readonly switches: SwitchWatch
  readonly #heartbeat: Heartbeat
  readonly #scheduler: Scheduler
  readonly #gaps: GapWatch
  readonly #second: SecondLook
  readonly #drift: DriftKeeper
  readonly #breakers: BreakerWatch

  constructor(
    private readonly engine: Engine,
    private readonly serves: ReadonlyMap<string, Definition>,
    private readonly options: WorkerOptions,
    hear: {
      readonly alarm: (what: string) => void
      readonly heard: (runId: string, stretch: Stretch) => void
      readonly ceilings: (rows: readonly CeilingRow[]) => void
    },
  ) {
    const { alarm, heard, ceilings } = hear
    const { ledger, clock, time, gate, observers, heads } = engine
    const leaseMs = leaseMsOf(options)
    const name = options.name ?? `${hostname()}:${process.pid}`
    const queues = queuesOf(options, serves)
    this.#heartbeat = new Heartbeat({
      ledger,
      clock,
      time,
      gate,
      observers,
      name,
      leaseMs,
      serves: servedBy(serves.values()),
      queues,
      continuity: new Continuity({ lives: ledger.lives, heads, gate, clock, name, alarm }),
      misfits: () => void this.#second.look(),
      alarm,
    })
    const concurrency = options.concurrency ?? 64
    const workerId = () => this.#heartbeat.workerId
    this.claimer = new Claimer({ engine, serves, workerId, concurrency, perTenant: options.perTenant, alarm, heard })
    this.#second = new SecondLook({
      engine,
      workerId: () => this.#heartbeat.workerId,
      isMisfit: (runId) => options.claims === false || this.claimer.misfits.has(runId),
      takeUp: (runId) => this.claimer.takeMisfit(runId),
      alarm,
    })
    this.#scheduler = new Scheduler({ engine, flows: scheduledFlows(serves.values()), alarm })
    this.#gaps = new GapWatch({ ledger, clock, alarm })
    this.#drift = new DriftKeeper({ ledger, clock, observers, wires: wiresOf(serves.values()), alarm })
    this.#breakers = new BreakerWatch({ engine, workerId: () => this.#heartbeat.workerId, alarm })
    this.switches = new SwitchWatch({ engine, active: () => this.claimer.active.values(), ceilings, alarm })
  }

  async start(): Promise<void> {
    await this.#heartbeat.start()
    await this.switches.start()
    await this.#gaps.start()
    await this.#breakers.start()
    for (const module of this.#modules()) void this.engine.isolation.warm(module)
    await this.#scheduler.start()
    if (this.options.drift !== false) await this.#drift.start()
    await this.claimer.start(this.options)
  }

  pulse(): Pulse {
    const { clock, gate } = this.engine
    const silentMs = clock.monotonic() - this.#heartbeat.heldAt
    return { silentMs, leaseMs: leaseMsOf(this.options), mayBegin: gate.isOpen }
  }

  /** Begins nothing more, lets attempts under way settle, then gives the lease back: others take up what is left. */
  async stop(): Promise<void> {
    this.engine.gate.close('stopping')
    await this.#scheduler.stop()
    await this.claimer.stop()
    await this.switches.stop()
    await this.#gaps.stop()
    await this.#drift.stop()
    const { clock } = this.engine
    const until = clock.monotonic() + LIMITS.stop_ms
    while (clock.monotonic() < until && this.#busy()) await clock.sleep(20)
    // What is still under way is aborted and says so; timers of runs that wait must not outlive the worker.
    for (const run of this.claimer.active.values()) run?.drop('stopping')
    for (let turns = 0; turns < 10 && this.#busy(); turns += 1) await clock.sleep(20)
    await this.#breakers.stop()
    this.engine.isolation.close()
    this.engine.batcher.close()
    await this.#heartbeat.stop()
  }

  /** What the processes of isolated tools will load: the time it takes would count against the first call. */
  #modules(): Set<string> {
    const specs = [...this.serves.values()].flatMap((d) => [...d.tools.values()])
    const modules = specs.filter((s) => s.isolate === 'process').map((s) => s.module ?? this.engine.configModule)
    return new Set(modules.filter((m) => m !== null))
  }

  /** True while an attempt is under way, or what became of one is on its way to the ledger. */
  #busy(): boolean {
    const runs = [...this.claimer.active.values()]
    return runs.some((run) => run !== null && !(run.attempts.idle && run.book.writer.idle))
  }
}

/** Queues that a worker looks into. */
export const queuesOf = ({ queues }: WorkerOptions, serves: ReadonlyMap<string, Definition>): readonly string[] =>
  queues ?? [...new Set(['default', ...[...serves.values()].map(({ queue }) => queue)])]

const leaseMsOf = ({ lease }: WorkerOptions): number => (lease === undefined ? LIMITS.lease_ms : durationMs(lease))
