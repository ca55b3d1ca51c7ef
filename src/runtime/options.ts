import type { Entropy } from '../core/ids.js'
import type { Ledger } from '../core/ledger.js'
import type { LoadTelemetry, TelemetryOptions } from '../core/telemetry.js'
import type { Clock } from '../core/time.js'
import type { ContainmentOptions } from '../govern/containment.js'
import type { MemoryLedger } from '../ledger/memory/ledger.js'
import type { PriceList } from '../models/price.js'
import type { Definition, Startable } from '../orchestrator/definition.js'
import type { Failpoint } from '../orchestrator/engine.js'
import type { NotifyOptions } from '../services/notifier.js'
import type { WorkerOptions } from '../services/worker.js'
import type { LaneCaps } from '../tools/lanes.js'
import type { SecretSource } from '../tools/secrets.js'
import type { Canaries } from './canary.js'

// biome-ignore lint/suspicious/noExplicitAny: any agent or flow at all
export type AnyStartable = Startable<any, any>

export interface MidwatchOptions extends ContainmentOptions {
  /** Agents and flows that this process serves. */
  readonly run: readonly AnyStartable[]
  /** PostgreSQL 15 or later; default `DATABASE_URL`, else the embedded one. */
  readonly databaseUrl?: string
  /** The same database without a pooler between, where `databaseUrl` leads through one; default `DATABASE_DIRECT_URL`. */
  readonly directUrl?: string
  /** Where the embedded PostgreSQL keeps its data; default `.midwatch`. */
  readonly home?: string
  /** In tests, in place of a database: `memoryLedger()`. It forgets everything when the process goes. */
  readonly ledger?: MemoryLedger
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
  /** `false`: this process starts and reads runs, and works none but those that `advance` names and `work` finds. */
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
