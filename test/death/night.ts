import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Duration } from '../../src/core/time.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { freshDatabase } from '../database.js'
import { HalfOpen } from './half-open.js'
import { pacer, SORTS, type Sort, type Told } from './scene.js'

const LOOK_MS = 10
const PATIENCE_MS = 120_000

export interface DeathPlan {
  readonly rounds: number
  readonly runs: number
  readonly lease: Duration
  /** Whether the server sees at once that a worker is gone. */
  readonly seen: boolean
}

/** One run that went on at the other worker. */
export interface Relieved {
  readonly sort: Sort
  /** From the SIGKILL to its next step there. */
  readonly afterMs: number
  /** By the ledger's clock, from the end of the dead worker's lease, as it was when it died, to the claim. */
  readonly claimedAfterLeaseMs: number
}

export interface DeathNight {
  readonly relieved: readonly Relieved[]
  /** Runs of the survivor that were claimed again, though it lived. */
  readonly disturbed: number
  readonly violations: readonly string[]
}

/** Two workers with runs that do one thing after the other; one is killed, and its runs are waited for at the other. */
export async function deathNight(plan: DeathPlan): Promise<DeathNight> {
  const database = await freshDatabase()
  const between = plan.seen ? null : await HalfOpen.before(database.url)
  const ledger = await postgresLedger({ url: database.url })
  const mw = await assemble({ run: [pacer], worker: false }, { ledger })
  const relieved: Relieved[] = []
  let disturbed = 0
  const pair = new Pair(between?.url ?? database.url, plan.lease)
  try {
    for (let round = 0; round < plan.rounds; round += 1) {
      await pair.fill()
      const numbers = Array.from({ length: plan.runs }, (_, i) => round * 1_000 + i)
      const one = await deathOf(pair, ledger, mw, numbers)
      relieved.push(...one.relieved)
      disturbed += one.disturbed
    }
    const { violations } = await verifyLedger(ledger)
    return { relieved, disturbed, violations: violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`) }
  } finally {
    await pair.kill()
    await mw.stop()
    await ledger.close()
    await between?.close()
    await database.drop()
  }
}

async function deathOf(
  pair: Pair,
  ledger: Ledger,
  mw: Midwatch,
  numbers: readonly number[],
): Promise<Pick<DeathNight, 'relieved' | 'disturbed'>> {
  const ids = new Map<number, string>()
  for (const no of numbers) ids.set(no, (await mw.start(pacer, { input: { no, sort: sortOf(no) } })).id)
  await until(() => pair.hasAll(numbers))
  const [victim, heir] = pair.byLoad(numbers)
  const left = numbers.filter((no) => victim.begun.has(no))
  const rest = numbers.filter((no) => !victim.begun.has(no))
  const leaseUntil = (await ledger.workers.list()).find((one) => one.name === victim.name)?.leaseUntil ?? Number.NaN
  const killedAt = Date.now()
  await victim.die()
  await until(() => numbers.every((no) => heir.firstAfter(no, killedAt) !== undefined))
  const relieved: Relieved[] = []
  for (const no of left) {
    const claimedAfterLeaseMs = (await claimsOf(ledger, ids.get(no) ?? '')).at(-1) ?? Number.NaN
    const afterMs = (heir.firstAfter(no, killedAt) ?? Number.NaN) - killedAt
    relieved.push({ sort: sortOf(no), afterMs, claimedAfterLeaseMs: claimedAfterLeaseMs - leaseUntil })
  }
  const claims = await Promise.all(rest.map((no) => claimsOf(ledger, ids.get(no) ?? '')))
  await ledger.engage({ scope: 'fleet', mode: 'end', by: 'operator' })
  await until(async () => (await ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 1 })).length === 0)
  await ledger.release({ scope: 'fleet', by: 'operator', jitterMs: 0 })
  return { relieved, disturbed: claims.filter((times) => times.length !== 1).length }
}

const sortOf = (no: number): Sort => SORTS[no % SORTS.length] ?? 'read'

/** When a run was claimed, by the ledger's clock. */
async function claimsOf(ledger: Ledger, runId: string): Promise<number[]> {
  return (await ledger.journal({ runId })).filter(({ kind }) => kind === 'claim').map(({ at }) => at)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(LOOK_MS)) if (await isSo()) return
  throw new Error('It never was so.')
}

/** A worker process, and when each run began its steps there. */
class Hand {
  readonly begun = new Map<number, number[]>()

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => {
      if (typeof message !== 'object') return
      const { no, at } = message as Told
      const times = this.begun.get(no) ?? []
      times.push(at)
      this.begun.set(no, times)
    })
  }

  static async hire(url: string, lease: Duration): Promise<Hand> {
    const child = await forkBuilt(new URL('worker.ts', import.meta.url), [url, lease])
    const hand = new Hand(child)
    await once(child, 'message')
    return hand
  }

  /** As the ledger knows it. */
  get name(): string {
    return `death-${this.child.pid}`
  }

  get isDead(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  firstAfter(no: number, at: number): number | undefined {
    return this.begun.get(no)?.find((one) => one > at)
  }

  async die(): Promise<void> {
    if (this.isDead) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }
}

/** Two workers, or those of them that live. */
class Pair {
  #hands: Hand[] = []

  constructor(
    private readonly url: string,
    private readonly lease: Duration,
  ) {}

  async fill(): Promise<void> {
    this.#hands = this.#hands.filter((hand) => !hand.isDead)
    while (this.#hands.length < 2) this.#hands.push(await Hand.hire(this.url, this.lease))
  }

  /** Whoever has more of these runs, and the other one. */
  byLoad(numbers: readonly number[]): readonly [Hand, Hand] {
    const load = (hand: Hand) => numbers.filter((no) => hand.begun.has(no)).length
    const [most, least] = [...this.#hands].sort((a, b) => load(b) - load(a))
    if (most === undefined || least === undefined) throw new Error('There are no two workers.')
    return [most, least]
  }

  hasAll(numbers: readonly number[]): boolean {
    return numbers.every((no) => this.#hands.some((hand) => hand.begun.has(no)))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand.die()))
  }
}
