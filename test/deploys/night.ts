import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { RunRow } from '../../src/core/run-row.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { terminal } from '../cli/terminal.js'
import { Witness } from '../crash/witness.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { type Code, deskOf, STEPS } from './scene.js'

/** What `midwatch ps` told of a stranded version. */
interface Told {
  readonly version: number
  readonly why: string
  readonly runs: number
  readonly todo: readonly string[]
}

export interface DeployNight {
  readonly runs: number
  readonly kills: number
  readonly completed: number
  /** Acts of a step by code that must not do it, `pay by other` and the like. */
  readonly wrong: readonly string[]
  readonly actedTwice: number
  /** What was listed as stranded under the incompatible code, and once old code was beside it again. */
  readonly stranded: readonly Told[]
  readonly strandedAfter: readonly Told[]
  /** Runs of the incompatible version itself that it completed. */
  readonly newCompleted: number
  readonly violations: readonly string[]
}

/** Which code may do which step: every wave is let go on only while that code alone is there, but for the last. */
const MAY: Readonly<Record<string, readonly Code[]>> = {
  open: ['first', 'fits'],
  check: ['again', 'fits'],
  pay: ['fits'],
  close: ['fits'],
}
const PATIENCE_MS = 120_000

/** Three deploys under parked runs, with real processes that are killed and started. */
export async function deployNight(count: number, log: (line: string) => void = () => undefined): Promise<DeployNight> {
  const night = await Night.open(log)
  try {
    return await night.play(count)
  } finally {
    await night.close()
  }
}

class Night {
  readonly #workers = new Set<ChildProcess>()
  #kills = 0
  #made = 0

  private constructor(
    private readonly database: TestDatabase,
    private readonly ledger: Ledger,
    private readonly witness: Witness,
    private readonly mw: Midwatch,
    private readonly log: (line: string) => void,
  ) {}

  static async open(log: (line: string) => void): Promise<Night> {
    const database = await freshDatabase()
    const witness = await Witness.open(database.url, true)
    const ledger = await postgresLedger({ url: database.url })
    // Starts runs and works none.
    const run = (['first', 'fits', 'other'] as const).map(deskOf)
    const mw = await assemble({ run, worker: false, alarm: () => undefined }, { ledger })
    return new Night(database, ledger, witness, mw, log)
  }

  async play(count: number): Promise<DeployNight> {
    const late = Math.max(1, Math.floor(count / 5))
    await this.#deploy('first')
    const early = await this.#start('first', count - late)
    await this.#allAsk(early, 'open')

    await this.#deploy('again')
    await this.#answer(early)
    await this.#allAsk(early, 'check')

    await this.#deploy('fits')
    const newer = await this.#start('fits', late)
    await this.#answer(early)
    await this.#allAsk(early, 'pay')
    await this.#allAsk(newer, 'open')

    await this.#deploy('other')
    await this.#answer([...early, ...newer])
    await this.#until(async () => (await this.#rows(newer)).every(({ waits }) => waits?.startsWith('mismatch:')))
    const newest = await this.#start('other', late)
    await this.#seeThrough(newest)
    const stranded = await this.#stranded()

    await this.#hire('fits')
    await this.#seeThrough([...early, ...newer])
    const strandedAfter = await this.#stranded()
    return this.#told([...early, ...newer], newest, stranded, strandedAfter)
  }

  /** All workers are killed, and others come with this code; one of those dies over its first work. */
  async #deploy(code: Code): Promise<void> {
    this.log(`deploy ${code}`)
    for (const worker of this.#workers) await this.#kill(worker)
    await this.#hire(code)
    const doomed = await this.#hire(code)
    void once(doomed, 'exit').then(() => this.#workers.delete(doomed))
    setTimeout(() => void this.#kill(doomed), 700).unref()
  }

  async #hire(code: Code): Promise<ChildProcess> {
    this.#made += 1
    const build = JSON.stringify({ url: this.database.url, code, name: `${code}-${this.#made}` })
    const child = await forkBuilt(new URL('worker.ts', import.meta.url), [build])
    this.#workers.add(child)
    await once(child, 'message')
    return child
  }

  async #kill(child: ChildProcess): Promise<void> {
    this.#workers.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) return
    this.#kills += 1
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  async #start(code: Code, count: number): Promise<string[]> {
    const ids: string[] = []
    for (let n = 0; n < count; n += 1)
      ids.push((await this.mw.start(deskOf(code), { input: { id: `${code}-${n}` } })).id)
    return ids
  }

  async #rows(ids: readonly string[]): Promise<RunRow[]> {
    const rows = await Promise.all(ids.map((runId) => this.ledger.run({ runId })))
    return rows.filter((row) => row !== null)
  }

  /** Every one of them waits for the person who is asked after this step. */
  async #allAsk(ids: readonly string[], step: string): Promise<void> {
    await this.#until(async () => {
      const open = await this.ledger.escalations({ state: 'open' })
      const asked = new Set(open.filter(({ show }) => show.includes(`after ${step}`)).map(({ runId }) => runId))
      return (await this.#rows(ids)).every(({ runId, state }) => state === 'waiting' && asked.has(runId))
    })
  }

  async #answer(ids: readonly string[]): Promise<void> {
    const mine = new Set(ids)
    for (const { id, runId } of await this.ledger.escalations({ state: 'open' })) {
      if (mine.has(runId)) await this.ledger.answer({ id, decision: 'answer', by: 'ann', result: 'true' })
    }
  }

  /** Answers whatever they ask until all have ended. */
  async #seeThrough(ids: readonly string[]): Promise<void> {
    await this.#until(async () => {
      await this.#answer(ids)
      return (await this.#rows(ids)).every(({ state }) => state === 'ended')
    })
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
      if (await isSo()) return
      await new Promise((look) => setTimeout(look, 50))
    }
    const runs = await this.ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 5 })
    throw new Error(
      `It never was so: ${JSON.stringify(runs.map(({ version, state, waits }) => [version, state, waits]))}`,
    )
  }

  /** As an operator hears of it. */
  async #stranded(): Promise<Told[]> {
    const { say } = terminal({ ledger: this.ledger })
    return (await say('ps', '--json')).data.stranded
  }

  async #told(
    old: readonly string[],
    newest: readonly string[],
    stranded: readonly Told[],
    strandedAfter: readonly Told[],
  ): Promise<DeployNight> {
    const acts = await this.witness.acts()
    const done = acts.filter(({ repeated }) => !repeated)
    const mine = new Set(old)
    const wrong = done
      .map(({ tool, key }) => ({ code: tool as Code, runId: key.split('/')[0] ?? '', step: key.split('/')[1] ?? '' }))
      .filter(({ code, runId, step }) => mine.has(runId) && !MAY[step]?.includes(code))
      .map(({ code, step }) => `${step} by ${code}`)
    const missing = old.flatMap((id) => STEPS.filter((step) => !done.some(({ key }) => key === `${id}/${step}`)))
    const { violations } = await verifyLedger(this.ledger)
    const isDone = ({ outcome }: RunRow) => outcome === 'completed'
    return {
      runs: old.length,
      kills: this.#kills,
      completed: (await this.#rows(old)).filter(isDone).length,
      wrong: [...wrong, ...missing.map((step) => `${step} by nobody`)],
      actedTwice: done.length - new Set(done.map(({ key }) => key)).size,
      stranded,
      strandedAfter,
      newCompleted: (await this.#rows(newest)).filter(isDone).length,
      violations: violations.map(({ invariant, what }) => `${invariant}: ${what}`),
    }
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await this.#kill(worker)
    await this.mw.stop()
    await this.ledger.close()
    await this.witness.close()
    await this.database.drop()
  }
}

/** What is wrong with a night, a sentence each. */
export function faultsOf(night: DeployNight): string[] {
  const late = Math.max(1, Math.floor(night.runs / 5))
  const listed = night.stranded.map(({ version, why, runs }) => `${version} ${why} ${runs}`).join(', ')
  const expected = `1 unserved ${night.runs - late}, 2 misfit ${late}`
  return [
    ...(night.completed === night.runs ? [] : [`${night.runs - night.completed} runs were lost`]),
    ...(night.newCompleted === late ? [] : ['the new version did not complete its own runs']),
    ...night.wrong,
    ...(night.actedTwice === 0 ? [] : [`${night.actedTwice} acts twice`]),
    ...(listed === expected ? [] : [`listed as stranded: ${listed || 'nothing'}, not ${expected}`]),
    ...night.stranded
      .filter(({ todo }) => todo.length === 0)
      .map(({ version }) => `nothing to do for version ${version}`),
    ...(night.strandedAfter.length === 0 ? [] : ['something is stranded still']),
    ...night.violations,
  ]
}
