import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { EffectClass } from '../../src/core/states.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { servesKey } from '../../src/orchestrator/definition.js'
import { FAILPOINTS, type Failpoint } from '../../src/orchestrator/engine.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { sceneOf } from './scene.js'
import { Witness } from './witness.js'
import type { CrashPlan } from './worker.js'

export const CLASSES: readonly EffectClass[] = ['read', 'keyed', 'checked', 'once']

export interface CrashCase {
  readonly effect: EffectClass
  readonly failpoint: Failpoint
  readonly seed: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** What one crash did. `bit`: the failpoint was reached. */
export interface CrashResult extends CrashCase {
  readonly bit: boolean
  readonly outcome: string
  readonly acts: number
  readonly wrong: readonly string[]
}

/** Every failpoint × effect class × seed. */
export function crashCases(seeds: readonly number[], signal: CrashCase['signal'] = 'SIGKILL'): CrashCase[] {
  return FAILPOINTS.flatMap((failpoint) =>
    CLASSES.flatMap((effect) => seeds.map((seed) => ({ effect, failpoint, seed, signal }))),
  )
}

/** A database of its own, and the process's own worker that takes up what crashed workers leave behind. */
export class CrashNight {
  private constructor(
    private readonly database: TestDatabase,
    readonly ledger: Ledger,
    private readonly mw: Midwatch,
    private readonly witness: Witness,
  ) {}

  static async open(cases: readonly CrashCase[]): Promise<CrashNight> {
    const database = await freshDatabase()
    process.env.CRASH_WORLD_URL = database.url
    const witness = await Witness.open(database.url, true)
    const ledger = await postgresLedger({ url: database.url })
    // It takes runs by name alone: so the crashing worker is the first at each.
    const worker = { lease: '2s', queues: cases.map(nameOf), name: 'rescue', concurrency: 0 } as const
    const mw = await assemble({ run: CLASSES.map(sceneOf), worker, alarm: () => undefined }, { ledger })
    return new CrashNight(database, ledger, mw, witness)
  }

  /** Runs one case from admission to its end, crash and rescue between. */
  async play(one: CrashCase): Promise<CrashResult> {
    const id = nameOf(one)
    const runId = await this.#admit(one.effect, id)
    const hit = hitOf(one)
    const child = await this.#worker({ ...one, url: this.database.url, hit, queue: id })
    const bit = await this.#untilStruck(child, one.signal, runId)
    const outcome = await this.#rescue(runId, id)
    if (one.signal === 'SIGSTOP' && bit) await this.#wakeStopped(child)
    child.kill('SIGKILL')
    const acts = (await this.witness.acts(id)).filter((a) => !a.repeated)
    return {
      ...one,
      bit,
      outcome,
      acts: acts.length,
      wrong: this.#judge(
        one,
        outcome,
        acts.map((a) => `${a.tool} ${a.key}`),
      ),
    }
  }

  async verify(): Promise<string[]> {
    const { violations } = await verifyLedger(this.ledger)
    return violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`)
  }

  async close(): Promise<void> {
    await this.mw.stop()
    await this.ledger.close()
    await this.witness.close()
    await this.database.drop()
  }

  async #admit(effect: EffectClass, id: string): Promise<string> {
    const { definition } = sceneOf(effect)
    const { name: agent, version, fingerprint, meters } = definition
    if (!this.mw.definitions.some((d) => servesKey(d) === servesKey(definition)))
      throw new Error(`Nobody serves ${agent}.`)
    const { runId } = await this.ledger.admit({
      runId: crypto.randomUUID(),
      tenant: 'default',
      agent,
      version,
      fingerprint,
      meters,
      queue: id,
      key: id,
      session: null,
      principal: null,
      origin: null,
      deadlineMs: 120_000,
      body: JSON.stringify({ input: { id } }),
      salt: 'salt',
      inputDigest: id,
    })
    return runId
  }

  #worker(plan: CrashPlan): Promise<ChildProcess> {
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
    return forkBuilt(new URL('worker.ts', import.meta.url), [JSON.stringify(plan)], { stdio: [...stdio] })
  }

  /** Until the worker is dead or stopped, or the run ended without it. */
  async #untilStruck(child: ChildProcess, signal: CrashCase['signal'], runId: string): Promise<boolean> {
    let dead = false
    const gone = once(child, 'exit').then(() => {
      dead = true
    })
    for (;;) {
      if (dead || (signal === 'SIGSTOP' && isStopped(child.pid))) return true
      const run = await this.ledger.run({ runId })
      if (run?.state === 'ended') return false
      await Promise.race([gone, new Promise((look) => setTimeout(look, 20))])
    }
  }

  /** Takes the run up again and again, as any dispatcher would, and answers what only a person can. */
  async #rescue(runId: string, id: string): Promise<string> {
    for (;;) {
      const run = await this.ledger.run({ runId })
      if (run?.state === 'ended') return run.outcome ?? 'none'
      if (run && Date.now() > run.deadlineAt) return `stuck ${run.state} ${run.waits}`
      await this.#answer(runId, id)
      const { status } = await this.mw.advance(runId)
      if (status !== 'ended' && status !== 'parked') await new Promise((later) => setTimeout(later, 25))
    }
  }

  /** A person who looks at the world and says what they see. */
  async #answer(runId: string, id: string): Promise<void> {
    for (const asked of await this.ledger.escalations({ state: 'open', runId })) {
      const { input } = JSON.parse(asked.show) as { input?: { name: string } }
      const happened = await this.witness.has('once_act', input?.name ?? id)
      const decision = happened ? ('happened' as const) : ('not_happened' as const)
      await this.ledger.answer({
        id: asked.id,
        decision,
        by: 'person',
        ...(happened ? { result: '{"did":"seen"}' } : {}),
      })
    }
  }

  /** The stopped worker wakes up, finds that it lost the run, and does nothing more. */
  async #wakeStopped(child: ChildProcess): Promise<void> {
    child.kill('SIGCONT')
    await new Promise((later) => setTimeout(later, 600))
  }

  #judge(one: CrashCase, outcome: string, acts: readonly string[]): string[] {
    const wrong: string[] = []
    const twice = acts.filter((act, i) => acts.indexOf(act) !== i)
    if (twice.length > 0) wrong.push(`done twice: ${twice.join(', ')}`)
    if (outcome !== 'completed') wrong.push(`ended ${outcome}`)
    const due = one.effect === 'read' ? 0 : 3
    if (one.effect !== 'once' && acts.length !== due) wrong.push(`${acts.length} acts instead of ${due}`)
    return wrong
  }
}

const nameOf = (one: CrashCase): string => `${one.effect}-${one.failpoint}-${one.seed}-${one.signal}`

/** Which passage of the failpoint is struck: spread over the run by the seed. */
function hitOf(one: CrashCase): number {
  if (one.failpoint === 'claiming') return 1
  if (one.failpoint === 'parked') return 1
  return 1 + (one.seed % 4)
}

function isStopped(pid: number | undefined): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  } catch {
    return false
  }
}
