import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { runCli } from '../../src/cli/program.js'
import { MidwatchError } from '../../src/core/errors.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { systemClock } from '../../src/orchestrator/system-clock.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { sceneOf } from '../crash/scene.js'
import { type Act, Witness } from '../crash/witness.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { Forwarder } from './forwarder.js'
import { type Server, until } from './server.js'
import type { WorkerPlan } from './worker.js'

const EFFECTS = ['keyed', 'checked', 'once'] as const
const SCENES = { keyed: sceneOf('keyed'), checked: sceneOf('checked'), once: sceneOf('once') }
/** Between two looks at all that is left. */
const OVER_LOOK_MS = 150
const LIVE = ['queued', 'running', 'waiting'] as const

interface Request {
  readonly effect: (typeof EFFECTS)[number]
  readonly id: string
}

/** What came of a night. */
export interface Judged {
  readonly requests: number
  readonly acts: number
  /** Done twice, done too seldom, ended otherwise than it should, or against an invariant. */
  readonly wrong: readonly string[]
}

/** Worker processes on a ledger whose server fails, tools that act elsewhere, senders that send again, and a person. */
export class Night {
  readonly alarms: string[] = []
  readonly #home = mkdtempSync(join(tmpdir(), 'midwatch-heads-'))
  readonly #requests: Request[] = []
  readonly #workers = new Map<string, ChildProcess>()
  /** Runs whose acceptance was acknowledged. */
  readonly #accepted = new Set<string>()

  private constructor(
    private readonly forwarder: Forwarder,
    private readonly world: TestDatabase,
    private readonly witness: Witness,
    readonly ledger: Ledger,
    private readonly mw: Midwatch,
  ) {}

  static async on(server: Server): Promise<Night> {
    const [forwarder, world] = [await Forwarder.to(server.socket), await freshDatabase()]
    const witness = await Witness.open(world.url, true)
    const ledger = await postgresLedger({ url: forwarder.url, poolSize: 4 })
    const run = Object.values(SCENES)
    const mw = await assemble({ run, worker: false, alarm: () => undefined }, { ledger })
    return new Night(forwarder, world, witness, ledger, mw)
  }

  get url(): string {
    return this.forwarder.url
  }

  /** A worker process; one that was killed is hired again under its name, and finds its heads. */
  async hire(name: string): Promise<void> {
    const plan: WorkerPlan = { url: this.url, world: this.world.url, home: join(this.#home, name), name }
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
    const child = await forkBuilt(new URL('worker.ts', import.meta.url), [JSON.stringify(plan)], { stdio: [...stdio] })
    this.#workers.set(name, child)
    const [first] = await once(child, 'message')
    const hear = (said: unknown) => {
      if (typeof said === 'object' && said !== null && 'alarm' in said) this.alarms.push(`${name}: ${said.alarm}`)
    }
    hear(first)
    child.on('message', hear)
  }

  async kill(name: string): Promise<void> {
    const child = this.#workers.get(name)
    child?.kill('SIGKILL')
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  /** Asks for so many runs of each class of effect. */
  async ask(runs: number): Promise<void> {
    for (let n = 0; n < runs; n += 1) {
      for (const effect of EFFECTS) this.#requests.push({ effect, id: `${effect}-${this.#requests.length}` })
    }
    const sent = this.#requests.slice(-runs * EFFECTS.length).map((one) => this.#send(one))
    for (const runId of await Promise.all(sent)) this.#accepted.add(runId)
  }

  /** Sends until it is accepted, under its key. */
  async #send({ effect, id }: Request): Promise<string> {
    for (;;) {
      try {
        return (await this.mw.start(SCENES[effect], { input: { id }, key: id, deadline: '5m' })).id
      } catch (error) {
        if (!(error instanceof MidwatchError && error.retryable)) throw error
        await wait(20)
      }
    }
  }

  /** How many runs were acknowledged that the ledger does not know. */
  async forgotten(): Promise<number> {
    const runs = await Promise.all([...this.#accepted].map((runId) => this.ledger.run({ runId })))
    return runs.filter((run) => run === null).length
  }

  acts(): Promise<Act[]> {
    return this.witness.acts()
  }

  /** Until the tools have acted so often in all. */
  async acted(times: number): Promise<void> {
    await until(async () => (await this.acts()).length >= times)
  }

  switchTo(server: Server): void {
    this.forwarder.switchTo(server.socket)
  }

  /** A command line, as an operator types it. */
  async say(...argv: string[]): Promise<{ readonly exit: number; readonly out: string }> {
    let out = ''
    const hear = (text: string) => {
      out += text
    }
    const env = { DATABASE_URL: this.url }
    const io = { cwd: this.#home, env, user: 'ann', watched: false, clock: systemClock, out: hear, err: hear }
    const rest = { stdin: async () => '', stopped: () => new AbortController().signal }
    return { exit: await runCli(argv, { ...io, ...rest }, '0.0.0'), out }
  }

  readiness() {
    return this.mw.readiness()
  }

  /** Claims anything at all, as a worker that just came. */
  async claims(): Promise<number> {
    const serves = this.mw.definitions.map(({ name, version }) => `${name}@${version}#*`)
    const { workerId } = await this.ledger.workers.register({
      name: 'thief',
      leaseMs: 60_000,
      serves,
      queues: ['default'],
    })
    const claimed = await this.ledger.claim({ workerId, limit: 10 })
    await this.ledger.workers.retire({ workerId })
    return claimed.length
  }

  /** Everything is asked for again, people answer what they see in the world, and in the end nothing is left open. */
  async over(): Promise<void> {
    await Promise.all(this.#requests.map((one) => this.#send(one)))
    await until(async () => {
      await this.#answer()
      const live = await this.ledger.runs({ states: LIVE, limit: 1 })
      return live.length === 0 && (await this.ledger.effects({ state: 'doubt' })).length === 0
    }, OVER_LOOK_MS)
  }

  async #answer(): Promise<void> {
    for (const asked of await this.ledger.escalations({ state: 'open' })) {
      const { input } = JSON.parse(asked.show) as { input?: { name: string } }
      const happened = await this.witness.has(asked.tool ?? '', input?.name ?? '')
      const said = happened
        ? ({ decision: 'happened', result: '{"did":"seen"}' } as const)
        : ({ decision: 'not_happened' } as const)
      await this.ledger.answer({ id: asked.id, by: 'ben', ...said })
    }
  }

  async judge(): Promise<Judged> {
    const acts = (await this.acts()).filter(({ repeated }) => !repeated).map(({ tool, key }) => `${tool} ${key}`)
    const wrong = acts.filter((act, i) => acts.indexOf(act) !== i).map((act) => `done twice: ${act}`)
    const runs = await Promise.all(this.#requests.map(async (one) => this.ledger.run({ runId: await this.#send(one) })))
    for (const [n, one] of this.#requests.entries()) {
      const run = runs[n]
      const done = acts.filter((act) => act.includes(` ${one.id}:`)).length
      // On a slow machine the read before the first act may have had no time left in any of its attempts.
      if (run?.detail === 'timeout' && done === 0) continue
      if (run?.outcome !== 'completed') wrong.push(`${one.id} ended ${run?.outcome} ${run?.detail}`)
      if (one.effect !== 'once' && done !== 3) wrong.push(`${one.id} acted ${done} times`)
    }
    const { violations } = await verifyLedger(this.ledger)
    wrong.push(...violations.map(({ invariant, runId, what }) => `${invariant} ${runId ?? ''}: ${what}`))
    return { requests: this.#requests.length, acts: acts.length, wrong }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.keys()].map((name) => this.kill(name)))
    await this.mw.stop()
    await this.ledger.close()
    await this.forwarder.close()
    await this.witness.close()
    await this.world.drop()
    rmSync(this.#home, { recursive: true, force: true })
  }
}
