import { join } from 'node:path'
import { sha256 } from '../core/digest.js'
import { type Entropy, systemEntropy } from '../core/ids.js'
import type { Ledger } from '../core/ledger.js'
import { Observers } from '../core/observers.js'
import type { CeilingRow } from '../core/operated.js'
import type { Op } from '../core/ops.js'
import type { Clock } from '../core/time.js'
import { type ContainmentPolicy, containmentPolicy } from '../govern/containment.js'
import { Admissions } from '../ledger/admissions.js'
import { Batcher } from '../ledger/batcher.js'
import { type Heads, keptHeads, NO_HEADS } from '../ledger/heads/heads.js'
import { DEFAULT_HOME } from '../ledger/open.js'
import { Containment } from '../orchestrator/containment.js'
import { type Engine, outside } from '../orchestrator/engine.js'
import { Gate } from '../orchestrator/gate.js'
import { LedgerTime } from '../orchestrator/ledger-time.js'
import { LiveText } from '../orchestrator/live-text.js'
import { MapBodies } from '../orchestrator/map-bodies.js'
import { Newborns } from '../orchestrator/newborns.js'
import { Suspects } from '../orchestrator/suspects.js'
import { systemClock } from '../orchestrator/system-clock.js'
import { closeIsolated, isolatedCall, warmIsolated } from '../tools/isolate.js'
import { Lanes } from '../tools/lanes.js'
import { Secrets } from '../tools/secrets.js'
import type { MidwatchOptions, Ports } from './options.js'
import { OwnWakes } from './own-wakes.js'

const NO_FAILPOINT = Promise.resolve()

/** What a runtime has in hand, whether or not it works runs: its ports, and what its engine shares with the rest of it. */
export class Equipment {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly alarm: (what: string) => void
  readonly observers: Observers
  readonly lanes: Lanes
  readonly secrets: Secrets
  readonly batcher: Batcher
  readonly admissions: Admissions
  readonly ownWakes: OwnWakes
  readonly newborns = new Newborns()
  #heads: Heads = NO_HEADS
  readonly #contains: ContainmentPolicy
  readonly live = new LiveText()
  /** Operators' ceilings as last read. */
  ceilings: readonly CeilingRow[] = []

  constructor(
    private readonly options: MidwatchOptions,
    private readonly ports: Ports,
    private readonly ledger: Ledger,
  ) {
    this.clock = ports.clock ?? systemClock
    this.entropy = ports.entropy ?? systemEntropy
    this.alarm = options.alarm ?? ((what) => process.stderr.write(`midwatch: ${what}\n`))
    this.observers = new Observers(this.alarm)
    this.lanes = new Lanes(options.lanes)
    this.#contains = containmentPolicy(options)
    this.secrets = new Secrets(options.secrets)
    const apply = async (ops: readonly Op[]) => {
      const answers = await ledger.apply(ops)
      this.#heads.applied(ops, answers)
      return answers
    }
    this.batcher = new Batcher({ apply }, this.clock, this.observers)
    this.ownWakes = new OwnWakes(() => this.clock.monotonic())
    this.admissions = new Admissions(ledger, this.clock, this.ownWakes)
  }

  /** A ledger that was opened by others has a folder for its heads only where one is named. */
  #keepHeads(secret: string): Heads {
    const { options, ports } = this
    if (options.ledger) return NO_HEADS
    const home = options.home ?? (ports.ledger ? null : DEFAULT_HOME)
    const ledger = sha256(secret).slice(0, 12)
    return keptHeads({ folder: home === null ? null : join(home, 'heads'), ledger, alarm: this.alarm })
  }

  /** What a worker lends to the runs that it holds. */
  async engine(): Promise<Engine> {
    const { options, ledger, ports, clock, entropy, lanes, secrets, batcher, live, observers, newborns } = this
    const time = new LedgerTime(clock)
    const keySecret = await ledger.secret()
    this.#heads = this.#keepHeads(keySecret)
    return {
      ledger,
      batcher,
      clock,
      time,
      entropy,
      lanes,
      containment: new Containment(this.#contains, () => time.now()),
      secrets,
      prices: options.prices ?? {},
      live,
      observers,
      bodies: new MapBodies(),
      suspects: new Suspects(clock),
      keySecret,
      heads: this.#heads,
      gate: new Gate(),
      ceilings: () => this.ceilings,
      configModule: ports.configModule ?? null,
      outside,
      newborns,
      isolation: { call: isolatedCall, warm: warmIsolated, close: closeIsolated },
      failpoint: ports.failpoint ?? (() => NO_FAILPOINT),
    }
  }
}
