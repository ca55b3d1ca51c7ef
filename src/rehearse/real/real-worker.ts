/**
 * A worker of a rehearsal in a process of its own: the real worker, engine and ledger. Its tools, models and faults are its
 * parent's, which it asks at each place where something may strike it. It ends when its parent is gone.
 */

import { systemEntropy } from '../../core/ids.js'
import type { Ledger } from '../../core/ledger.js'
import { NOBODY } from '../../core/observers.js'
import type { CeilingRow } from '../../core/operated.js'
import { containmentPolicy } from '../../govern/containment.js'
import { Batcher } from '../../ledger/batcher.js'
import { NO_HEADS } from '../../ledger/heads/heads.js'
import { postgresLedger } from '../../ledger/postgres/ledger.js'
import { Containment } from '../../orchestrator/containment.js'
import { type Definition, servesKey } from '../../orchestrator/definition.js'
import type { Engine } from '../../orchestrator/engine.js'
import { Gate } from '../../orchestrator/gate.js'
import { LedgerTime } from '../../orchestrator/ledger-time.js'
import { LiveText } from '../../orchestrator/live-text.js'
import { MapBodies } from '../../orchestrator/map-bodies.js'
import { Suspects } from '../../orchestrator/suspects.js'
import { Worker } from '../../services/worker.js'
import { Lanes } from '../../tools/lanes.js'
import { Secrets } from '../../tools/secrets.js'
import { servesOf } from '../case-options.js'
import type { ScenarioOptions } from '../scenario.js'
import { loadScenarios } from '../scenario-file.js'
import { KEY_SECRET } from '../sim/ground.js'
import { inPlace } from '../sim/sim-worker.js'
import type { Site } from '../site.js'
import { farLedger } from './far-connection.js'
import { FarOutside } from './far-outside.js'
import { PacedClock } from './paced-clock.js'
import type { Begin, Fell, FromWorker, Passed, ToWorker, WorkerOrder } from './wire.js'

const never = new Promise<never>(() => undefined)
const send = (message: FromWorker, then?: () => void): void => {
  process.send?.(message, undefined, undefined, then)
}

class RealWorker {
  readonly #clock: PacedClock
  readonly #outside: FarOutside
  readonly #definitions: readonly Definition[]
  #ceilings: readonly CeilingRow[] = []
  #worker: Worker | null = null

  constructor(
    private readonly options: ScenarioOptions<unknown>,
    private readonly begin: Begin,
  ) {
    this.#clock = new PacedClock(begin.pace)
    this.#definitions = [...servesOf(options.run).values()]
    this.#outside = new FarOutside(this.#definitions, send)
  }

  hear(message: ToWorker): void {
    if (message.kind === 'pace') this.#clock.set(message.pace)
    else this.#outside.hear(message)
  }

  async start(): Promise<void> {
    const { url, name, leaseMs } = this.begin
    const ports = { clock: this.#clock, pass: this.#passCall, fell: this.#fell, bit: this.#bit }
    const ledger = farLedger(ports, await postgresLedger({ url, poolSize: 3 }))
    this.#ceilings = await ledger.ceilings()
    await ledger.listen((wake) => {
      if (wake.kind === 'due') this.#worker?.claimer.poke()
      if (wake.kind === 'switch') void this.#worker?.switches.look()
    })
    const serves = new Map(this.#definitions.map((definition) => [servesKey(definition), definition]))
    const options = { name, lease: `${BigInt(leaseMs)}ms`, concurrency: 16 } as const
    this.#worker = new Worker(this.#engine(ledger), serves, options, {
      alarm: () => undefined,
      heard: () => undefined,
      ceilings: (rows) => {
        this.#ceilings = rows
      },
    })
    await this.#worker.start()
  }

  #engine(ledger: Ledger): Engine {
    const { prices = {}, lanes, secrets = {} } = this.options
    const clock = this.#clock
    const time = new LedgerTime(clock)
    return {
      ledger,
      batcher: new Batcher(ledger, clock),
      clock,
      time,
      entropy: systemEntropy,
      lanes: new Lanes(lanes),
      containment: new Containment(containmentPolicy(this.options), () => time.now()),
      secrets: new Secrets((name) => secrets[name]),
      prices,
      live: new LiveText(),
      observers: NOBODY,
      bodies: new MapBodies(),
      suspects: new Suspects(clock),
      keySecret: KEY_SECRET,
      heads: NO_HEADS,
      gate: new Gate(),
      ceilings: () => this.#ceilings,
      configModule: null,
      outside: this.#outside,
      isolation: inPlace(this.#outside, { clock }),
      failpoint: async (name) => {
        const { now } = await this.#pass({ kind: 'point', name }, null)
        if (now) await this.#fell(now)
      },
    }
  }

  readonly #passCall = (name: string, mark: string | null) => this.#pass({ kind: 'call', name }, mark)

  #pass(site: Site, mark: string | null): Promise<Passed> {
    const busy = (this.#worker?.claimer.active.size ?? 0) > 0
    return this.#outside.ask({ kind: 'pass', site, busy, mark }) as Promise<Passed>
  }

  readonly #bit = ({ no }: Fell) => send({ kind: 'bit', no })

  /** The kernel takes it here: nothing that follows in this process is reached, or not before it is woken. */
  readonly #fell = async ({ fault, ms }: Fell): Promise<void> => {
    if (fault === 'crash') {
      process.kill(process.pid, 'SIGKILL')
      await never
    } else if (fault === 'stall') process.kill(process.pid, 'SIGSTOP')
    else if (fault === 'clock_skew') this.#clock.skewMs = ms
  }
}

async function scenarioOf({ file, scenario: name }: WorkerOrder): Promise<ScenarioOptions<unknown>> {
  const found = (await loadScenarios([file])).find(({ scenario }) => scenario.name === name)
  if (!found) throw new Error(`${file} exports no scenario '${name}'.`)
  return found.scenario.options
}

process.on('disconnect', () => process.exit(0))
const why = (error: unknown) => (error instanceof Error ? error.message : String(error))
try {
  const options = await scenarioOf(JSON.parse(process.argv[2] ?? '{}') as WorkerOrder)
  let worker: RealWorker | null = null
  process.on('message', (message: ToWorker) => {
    if (message.kind !== 'begin') return void worker?.hear(message)
    worker = new RealWorker(options, message)
    worker.start().then(
      () => send({ kind: 'began' }),
      (error) => send({ kind: 'failed', message: why(error) }, () => process.exit(1)),
    )
  })
  send({ kind: 'ready' })
} catch (error) {
  send({ kind: 'unloadable', message: why(error) }, () => process.exit(1))
}
