import type { RunRow } from '../../core/run-row.js'
import type { Definition } from '../../orchestrator/definition.js'
import { GOVERNED_QUEUE, type HostPorts } from './host-ports.js'
import type { Seats } from './seats.js'

/** How often a process looks for governed runs that nobody drives, and how long it leaves one to whoever may come. */
const LOOK_MS = 5_000
const LEAVE_MS = 5_000
const PAGE = 1_000

/**
 * Governed runs are taken by name alone, so one whose driver died would stay for ever. Each process that serves its loop looks
 * for those: one that a dead worker held has its doubts written down and is parked until somebody drives it or its deadline
 * comes; one at its deadline ends; one that ended with a doubt is reconciled.
 */
export class Abandoned {
  readonly #stop = new AbortController()
  #turn: Promise<void> = Promise.resolve()

  constructor(
    private readonly ports: HostPorts,
    private readonly loops: ReadonlyMap<Definition, Seats>,
  ) {}

  start(): void {
    if (this.loops.size > 0) this.#turn = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#turn
  }

  async #run(): Promise<void> {
    const { clock, alarm } = this.ports
    for (;;) {
      await clock.sleep(LOOK_MS, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      await this.#look().catch((error) =>
        alarm(`Governed runs were not looked at: ${error instanceof Error ? error.message : String(error)}`),
      )
    }
  }

  async #look(): Promise<void> {
    const { ledger, advance } = this.ports
    const now = await ledger.now()
    const workers = await ledger.workers.list()
    const alive = new Set(workers.filter((w) => w.leaseUntil > now).map((w) => w.workerId))
    for (const run of [...(await this.#unended()), ...(await this.#inDoubt())]) {
      const isDue = run.workerId === null ? (run.dueAt ?? Infinity) <= now - LEAVE_MS : !alive.has(run.workerId)
      if (isDue) void advance(run.runId)
    }
  }

  async #unended(): Promise<RunRow[]> {
    const found: RunRow[] = []
    for (const [{ name }, seats] of this.loops) {
      const runs = await this.ports.ledger.runs({ agent: name, states: ['queued', 'running', 'waiting'], limit: PAGE })
      found.push(...runs.filter((run) => run.queue === GOVERNED_QUEUE && !seats.has(run.runId)))
    }
    return found
  }

  async #inDoubt(): Promise<RunRow[]> {
    const { ledger } = this.ports
    const names = new Set([...this.loops.keys()].map(({ name }) => name))
    const effects = await ledger.effects({ state: 'doubt' })
    const runs = await Promise.all([...new Set(effects.map((e) => e.runId))].map((runId) => ledger.run({ runId })))
    return runs.filter((run): run is RunRow => run !== null && run.state === 'ended' && names.has(run.agent))
  }
}
