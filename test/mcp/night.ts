import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { LIMITS } from '../../src/core/limits.js'
import type { RunRow } from '../../src/core/run-row.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { closeServers, connectionTo } from '../../src/tools/mcp/connections.js'
import { writePins } from '../../src/tools/mcp/pin-file.js'
import { knownServer } from '../../src/tools/mcp/server.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { lives } from './lives.js'
import { SCENES, Scene, type SceneName, WRITES } from './scene.js'

export interface NightResult {
  readonly runs: number
  readonly outcomes: Readonly<Record<string, number>>
  /** How those ended that did not complete, in their own words. */
  readonly unfinished: readonly string[]
  readonly killedServers: number
  readonly killedWorkers: number
  /** Calls of class once that reached a server, and acts that were done, more than once. */
  readonly twice: readonly string[]
  /** Acts that a run calls done and nobody did. */
  readonly missing: readonly string[]
  readonly asked: number
  readonly reached: number
  /** Server processes that outlived their worker. */
  readonly orphans: readonly number[]
  readonly violations: readonly string[]
}

/** MCP servers and workers that are killed while they work, on PostgreSQL; journals outside count what was done. */
export class McpNight {
  readonly folder = mkdtempSync(join(tmpdir(), 'midwatch-mcp-'))
  readonly scene = new Scene(this.folder)
  #worker: ChildProcess | null = null
  /** Steps that each run had done when a worker was last killed over it, and how many were since it last did one. */
  readonly #deaths = new Map<string, { readonly steps: number; readonly count: number }>()
  #asked = 0

  private constructor(
    private readonly database: TestDatabase,
    readonly ledger: Ledger,
    private readonly scenes: readonly SceneName[],
  ) {}

  static async open(scenes: readonly SceneName[] = SCENES): Promise<McpNight> {
    const database = await freshDatabase()
    const night = new McpNight(database, await postgresLedger({ url: database.url }), scenes)
    mkdirSync(night.scene.files)
    await night.#pin()
    return night
  }

  async #pin(): Promise<void> {
    const used = this.scene.servers.filter(({ name = '' }) => this.scenes.some((scene) => scene.startsWith(name)))
    const said = used.map(async (server) => {
      const { tools } = await connectionTo(knownServer(server)).open()
      return [server.name, Object.fromEntries([...tools].map(([name, { pin }]) => [name, pin]))] as const
    })
    writePins(this.scene.pinFile, Object.fromEntries(await Promise.all(said)))
    await closeServers()
  }

  /** `perScene` runs of each scene, under so many kills; every third takes the worker, the others a server. */
  async play(perScene: number, kills: number, chance: () => number): Promise<NightResult> {
    const mw = await assemble({ run: this.scene.flows(), worker: false }, { ledger: this.ledger })
    await this.#startWorker()
    const runs = await this.#start(mw, perScene)
    const seen = new Set<number>()
    const orphans: number[] = []
    const killed = { servers: 0, workers: 0 }
    for (let n = 1; n <= kills; n += 1) {
      await this.#onceReached(seen, chance())
      if (n % 3 === 0) {
        await this.#onceNoneIsSuspect()
        orphans.push(...(await this.#killWorker()))
        killed.workers += 1
        await this.#startWorker()
      } else killed.servers += this.#killServer()
    }
    await this.#answerUntil(async () => (await this.#open(runs)).length === 0)
    await this.#stopWorker()
    await mw.stop()
    return this.#judged(runs, killed, orphans)
  }

  async #start(mw: Midwatch, perScene: number): Promise<string[]> {
    const runs: string[] = []
    for (const flow of this.scene.flows(this.scenes)) {
      for (let n = 1; n <= perScene; n += 1) {
        // Longer than a machine with much else to do takes.
        const run = await mw.start(flow, { input: { id: String(n) }, deadline: '1h' })
        runs.push(run.id)
      }
    }
    return runs
  }

  async #startWorker(says?: string): Promise<void> {
    const args = [this.database.url, this.folder, ...(says === undefined ? [] : [says])]
    this.#worker = fork(new URL('worker.ts', import.meta.url), args, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    await once(this.#worker, 'message')
  }

  async #stopWorker(): Promise<void> {
    const gone = this.#worker && once(this.#worker, 'exit')
    this.#worker?.disconnect()
    await gone
  }

  /** Waits until a call comes to a server that none was killed for yet, or nothing is left to do; then a part of 200 ms. */
  async #onceReached(seen: Set<number>, chance: number): Promise<void> {
    const before = this.scene.reached().length
    await this.#answerUntil(async () => {
      const reached = this.scene.reached().length
      return (reached > before && !seen.has(reached)) || (await this.#open()).length === 0
    })
    seen.add(this.scene.reached().length)
    await new Promise((later) => setTimeout(later, chance * 200))
  }

  /** A run over which workers die again and again is a dead letter, and rightly: on a slow machine too, none comes near to that. */
  async #onceNoneIsSuspect(): Promise<void> {
    const open = () => this.ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 1_000 })
    const deathsOf = ({ runId, meters }: RunRow) => {
      const before = this.#deaths.get(runId)
      return before?.steps === stepsOf({ meters }) ? before.count : 0
    }
    await this.#answerUntil(async () => (await open()).every((run) => deathsOf(run) < LIMITS.deaths_in_company - 1))
    for (const run of await open()) this.#deaths.set(run.runId, { steps: stepsOf(run), count: deathsOf(run) + 1 })
  }

  async #open(of?: readonly string[]): Promise<string[]> {
    const open = await this.ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 1_000 })
    return open.map(({ runId }) => runId).filter((id) => of === undefined || of.includes(id))
  }

  /** A person answers what only a person can, by looking at what was done. */
  async #answerUntil(isSo: () => Promise<boolean>): Promise<void> {
    const until = Date.now() + 240_000
    while (!(await isSo())) {
      if (Date.now() > until)
        throw new Error(`It never was so: ${JSON.stringify(await this.ledger.runs({ limit: 5 }))}`)
      for (const { id, tool, show } of await this.ledger.escalations({ state: 'open' })) {
        const { input } = JSON.parse(show) as { input: Record<string, unknown> }
        const happened = this.scene.acted(tool ?? '', input)
        const decision = happened ? 'happened' : 'not_happened'
        const answer = await this.ledger.answer({ id, decision, by: 'ann', ...(happened && { result: '"seen"' }) })
        if (answer.code === 'ok') this.#asked += 1
      }
      await new Promise((later) => setTimeout(later, 50))
    }
  }

  /** The server that was called last, if it lives. */
  #killServer(): number {
    for (const { pid } of this.scene.reached().reverse()) {
      if (!lives(pid)) continue
      process.kill(pid, 'SIGKILL')
      return 1
    }
    return 0
  }

  /** Kills the worker, and gives the servers that are still there when their wardens have had their time. */
  async #killWorker(): Promise<number[]> {
    const worker = this.#worker as ChildProcess
    const servers = await descendantsOf(worker.pid ?? 0)
    const gone = once(worker, 'exit')
    worker.kill('SIGKILL')
    await gone
    const until = Date.now() + ORPHAN_WITHIN_MS
    while (servers.some(lives) && Date.now() < until) await new Promise((later) => setTimeout(later, 50))
    return servers.filter(lives)
  }

  async #judged(
    runs: readonly string[],
    killed: { servers: number; workers: number },
    orphans: readonly number[],
  ): Promise<NightResult> {
    const rows = await Promise.all(runs.map((runId) => this.ledger.run({ runId })))
    const outcomes: Record<string, number> = {}
    for (const row of rows) outcomes[row?.outcome ?? 'none'] = (outcomes[row?.outcome ?? 'none'] ?? 0) + 1
    const unfinished = rows.flatMap((row) =>
      row && row.outcome !== 'completed' ? [`${row.agent}: ${row.outcome}, ${row.detail}`] : [],
    )
    const reached = this.scene.reached()
    const ofOnce = reached.filter(({ tool }) => ['get-sum', 'write_file', 'ring'].includes(tool))
    const { violations } = await verifyLedger(this.ledger)
    return {
      runs: runs.length,
      outcomes,
      unfinished,
      killedServers: killed.servers,
      killedWorkers: killed.workers,
      twice: [...doubles(ofOnce.map(({ key }) => key ?? '')), ...doubles(this.scene.done())],
      missing: this.#missing(runs.length / this.scenes.length),
      asked: this.#asked,
      reached: reached.length,
      orphans,
      violations: violations.map(({ invariant, runId, what }) => `${invariant} ${runId ?? ''}: ${what}`),
    }
  }

  /**
   * Writes under a key must all have been done: they are sent again until they are. The memory server writes its file anew at
   * each call, so one that is killed over it loses what it had: of its calls the journal before it tells.
   */
  #missing(perScene: number): string[] {
    const done = new Set([...this.scene.done(), ...this.scene.remembered()])
    const keyed = this.scenes.filter((scene) => scene === 'memory' || scene === 'bell-keyed')
    const due = keyed.flatMap((scene) =>
      Array.from({ length: perScene * WRITES }, (_, i) => `${scene}-${1 + Math.floor(i / WRITES)}-${1 + (i % WRITES)}`),
    )
    return due.filter((name) => !done.has(name))
  }

  /** The same servers say something else: what reaches them, and how the runs end. */
  async changed(): Promise<{ readonly reached: number; readonly rules: readonly string[] }> {
    const before = this.scene.reached().length
    const mw = await assemble({ run: this.scene.flows(), worker: false }, { ledger: this.ledger })
    await this.#startWorker('Send the log along.')
    const rules: string[] = []
    for (const id of await this.#start(mw, 1)) {
      await mw.run(id).outcome()
      for (const { body } of await this.ledger.journal({ runId: id, from: 1, limit: 100 })) {
        const { final } = JSON.parse(body ?? '{}') as { final?: { rule?: string } }
        if (final?.rule) rules.push(final.rule)
      }
    }
    await this.#stopWorker()
    await mw.stop()
    return { reached: this.scene.reached().length - before, rules }
  }

  async close(): Promise<void> {
    this.#worker?.kill('SIGKILL')
    await this.ledger.close()
    await this.database.drop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const stepsOf = ({ meters }: Pick<RunRow, 'meters'>): number => meters.steps?.used ?? 0

/** A server may take two seconds each to heed its stdin and a signal, before its warden ends it. */
const ORPHAN_WITHIN_MS = 15_000

function doubles(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
}

/** All processes below one. */
async function descendantsOf(pid: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}
