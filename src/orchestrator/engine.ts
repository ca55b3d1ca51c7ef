import type { Entropy } from '../core/ids.js'
import type { Ledger } from '../core/ledger.js'
import type { Observers } from '../core/observers.js'
import type { CeilingRow } from '../core/operated.js'
import type { Clock } from '../core/time.js'
import type { Batcher } from '../ledger/batcher.js'
import type { Heads } from '../ledger/heads/heads.js'
import type { ModelPort } from '../models/port.js'
import type { PriceList } from '../models/price.js'
import type { IsolatedCall } from '../tools/isolate.js'
import type { Lanes } from '../tools/lanes.js'
import type { Halt } from '../tools/mcp/source.js'
import type { Secrets } from '../tools/secrets.js'
import type { Call, Found, ToolSpec } from '../tools/tool.js'
import type { Containment } from './containment.js'
import type { Gate } from './gate.js'
import type { LedgerTime } from './ledger-time.js'
import type { LiveText } from './live-text.js'
import type { MapBodies } from './map-bodies.js'
import type { Newborns } from './newborns.js'
import type { Suspects } from './suspects.js'

/** Processes that tools run in; a rehearsal has none and runs them where it is. */
export interface Isolation {
  readonly call: (spec: ToolSpec, p: IsolatedCall) => Promise<unknown>
  /** Loads a module before its first call: the time it takes would count against that. */
  readonly warm: (module: string) => Promise<unknown>
  readonly close: () => void
}

/** What lies beyond the ledger, as attempts reach it. A rehearsal puts itself between. */
export interface Outside {
  execute(spec: ToolSpec, input: unknown, call: Call): Promise<unknown>
  check(spec: ToolSpec, input: unknown, call: Call): Promise<Found<unknown>>
  /** The port that a run's model step calls. */
  model(port: ModelPort, runId: string): ModelPort
  /** Why a tool must not be called just now. A rehearsal leaves it out: nothing stands behind its tools. */
  halted?(spec: ToolSpec): Promise<Halt | null>
}

/** Tools and models themselves. */
export const outside: Outside = {
  execute: (spec, input, call) => spec.execute(input, call),
  check: async (spec, input, call) => (await spec.check?.(input, call)) ?? { did: 'unknown' },
  model: (port) => port,
  halted: async (spec) => (await spec.halted?.()) ?? null,
}

/** What a worker lends to the runs that it holds. */
export interface Engine {
  readonly ledger: Ledger
  readonly batcher: Batcher
  /** What is kept beside the ledger of what it granted. */
  readonly heads: Heads
  readonly clock: Clock
  readonly time: LedgerTime
  readonly entropy: Entropy
  readonly lanes: Lanes
  /** What calls came to lately, and what follows from it. */
  readonly containment: Containment
  readonly secrets: Secrets
  readonly prices: PriceList
  readonly live: LiveText
  /** Those who hear what happens here. */
  readonly observers: Observers
  /** Functions of maps, for their items. */
  readonly bodies: MapBodies
  /** Turns of the runs that workers died over. */
  readonly suspects: Suspects
  /** HMAC secret for effect keys. */
  readonly keySecret: string
  /** Closed while this worker must not begin anything: its clock jumped, or it stops. */
  readonly gate: Gate
  /** Operators' ceilings as last read; the ledger itself looks at each grant. */
  readonly ceilings: () => readonly CeilingRow[]
  /** Module that names the tools, for children that run one: the config file, or null. */
  readonly configModule: string | null
  readonly outside: Outside
  /** Runs that this process admitted; left out, their journals are read. */
  readonly newborns?: Newborns
  /** Runs tools in processes of their own. */
  readonly isolation: Isolation
  /** Named points at which a rehearsal may stop the process; does nothing in production. */
  readonly failpoint: (name: Failpoint) => Promise<void>
}

export const FAILPOINTS = [
  'before_begin',
  'after_begin',
  'before_effect',
  'after_effect',
  'before_settle',
  'after_settle',
  'parked',
  'claiming',
] as const
/** Where a crash is most telling: each exposes another half-done state. */
export type Failpoint = (typeof FAILPOINTS)[number]
