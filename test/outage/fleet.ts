import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { BreakersOptions } from '../../src/govern/containment.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { type ModelServer, modelServer } from '../../src/testing/model-server.js'
import { forkBuilt } from '../built.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { PRICES, sceneOf } from './scene.js'
import type { OutagePlan } from './worker.js'

const DONE = { toolCalls: [{ name: 'complete', input: { said: 'done' } }] }

/** Two worker processes on a database of their own, a model behind real HTTP that can die, and a place that holds callers. */
export class Fleet {
  isDead = false
  /** When each request reached the model, ms. */
  readonly asked: number[] = []
  /** Callers that the slow place holds now, and the most that it ever held at once. */
  held = { now: 0, most: 0 }
  #admitted = 0

  private constructor(
    private readonly database: TestDatabase,
    readonly ledger: Ledger,
    private readonly mw: Midwatch,
    private readonly scene: ReturnType<typeof sceneOf>,
    readonly workers: readonly ChildProcess[],
    private readonly servers: { model: ModelServer; slow: Server },
  ) {}

  static async open(breakers: BreakersOptions | false, holdMs = 100): Promise<Fleet> {
    let fleet: Fleet | undefined
    const reply = () => {
      fleet?.asked.push(performance.now())
      return fleet?.isDead ? ({ fault: 'server_error' } as const) : DONE
    }
    const model = await modelServer({ replies: reply })
    const slow = createServer((_, answer) => {
      fleet?.hold(1)
      answer.once('close', () => fleet?.hold(-1))
      void setTimeout(holdMs).then(() => answer.end('ok'))
    })
    await new Promise<void>((ready) => void slow.listen(0, '127.0.0.1', ready))
    const places = { modelUrl: model.url, holdUrl: `http://127.0.0.1:${(slow.address() as AddressInfo).port}/hold` }
    const database = await freshDatabase()
    const plan: OutagePlan = { url: database.url, places, breakers }
    const workers = await Promise.all([startWorker(plan), startWorker(plan)])
    const ledger = await postgresLedger({ url: database.url })
    const scene = sceneOf(places)
    const options = { run: [scene.asking, scene.holding], prices: PRICES, worker: false as const }
    const mw = await assemble(options, { ledger })
    fleet = new Fleet(database, ledger, mw, scene, workers, { model, slow })
    return fleet
  }

  private hold(by: number): void {
    const now = this.held.now + by
    this.held = { now, most: Math.max(this.held.most, now) }
  }

  /** Starts runs at a fixed rate for so long. */
  async load(perSecond: number, forMs: number): Promise<void> {
    const until = performance.now() + forMs
    for (let next = performance.now(); next < until; next += 1_000 / perSecond) {
      await setTimeout(Math.max(0, next - performance.now()))
      this.#admitted += 1
      await this.mw.start(this.scene.asking, { input: { n: this.#admitted }, deadline: '10m' })
    }
  }

  /** Starts runs at once. */
  async start(runs: number): Promise<void> {
    const starts = Array.from({ length: runs }, (_, n) =>
      this.mw.start(this.scene.asking, { input: { n }, deadline: '10m' }),
    )
    await Promise.all(starts)
  }

  async startHolding(runs: number): Promise<void> {
    for (let n = 0; n < runs; n += 1) await this.mw.start(this.scene.holding, { input: { n } })
  }

  /** Requests that reached the model within so long after a moment. */
  askedIn(from: number, forMs: number): number {
    return this.asked.filter((at) => at >= from && at < from + forMs).length
  }

  /** Until no run is left that has not ended; how they ended. */
  async ended(): Promise<Record<string, number>> {
    for (;;) {
      const open = await this.ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 1 })
      if (open.length === 0) break
      await setTimeout(50)
    }
    const counts: Record<string, number> = {}
    for (const run of await this.ledger.runs({ limit: 10_000 }))
      counts[run.outcome ?? ''] = (counts[run.outcome ?? ''] ?? 0) + 1
    return counts
  }

  /** Until the breaker of the model has moved to this state since it had made so many moves. */
  async breakerIs(state: string, after = 0): Promise<number> {
    for (;;) {
      const moves = await this.ledger.breakers.moves({ key: 'model:loopback/m' })
      if (moves.slice(after).some((move) => move.state === state)) return moves.length
      await setTimeout(20)
    }
  }

  async violations(): Promise<readonly unknown[]> {
    return (await verifyLedger(this.ledger)).violations
  }

  async close(): Promise<void> {
    for (const worker of this.workers) worker.kill('SIGKILL')
    await this.mw.stop()
    await this.ledger.close()
    await this.servers.model.close()
    this.servers.slow.closeAllConnections()
    await new Promise((done) => void this.servers.slow.close(done))
    await this.database.drop()
  }
}

async function startWorker(plan: OutagePlan): Promise<ChildProcess> {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
  const child = await forkBuilt(new URL('worker.ts', import.meta.url), [JSON.stringify(plan)], { stdio: [...stdio] })
  await once(child, 'message')
  return child
}
