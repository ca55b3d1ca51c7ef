import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { servedBy } from '../../src/orchestrator/serving.js'
import { assemble } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { freshDatabase } from '../database.js'
import { Crowd } from './crowd.js'
import { sleeper, type Told } from './scene.js'

export interface MillionPlan {
  /** Runs that wait, and of them those with a journal, which are woken. */
  readonly waiting: number
  readonly sleepers: number
  /** Runs that are claimed while the snapshot is open before the worker comes, and then by mail. */
  readonly stirred: number
  readonly wakes: number
}

export interface Million {
  readonly gatheredMs: number
  /** Each claim's time, ms: those that pile versions up, in order, and the worker's own. */
  readonly stirs: readonly number[]
  readonly claims: readonly number[]
  /** From a person's answer to the run's next step, ms. */
  readonly wakes: readonly number[]
  readonly rssBytes: number
}

export async function million(plan: MillionPlan, tell: (line: string) => void): Promise<Million> {
  const database = await freshDatabase()
  const ledger = await postgresLedger({ url: database.url })
  let crowd: Crowd | null = null
  try {
    const ids = await put(database.url, ledger, plan.sleepers)
    tell(`${ids.length} runs wait with their journals`)
    const begun = performance.now()
    crowd = await Crowd.gather(database.url, ids[0] ?? '', plan.waiting - plan.sleepers)
    const gatheredMs = performance.now() - begun
    tell(`${plan.waiting} runs wait, after ${Math.round(gatheredMs / 1_000)} s`)
    await crowd.openSnapshot()
    const names = { name: 'stirrer', serves: servedBy([sleeper.definition]), queues: ['default'] }
    const { workerId } = await ledger.workers.register({ ...names, leaseMs: 600_000 })
    const stirs: number[] = []
    for (let tenth = 1; tenth <= 10; tenth += 1) {
      stirs.push(...(await crowd.stir(ledger, workerId, { times: Math.ceil(plan.stirred / 10), atOnce: 32 })))
      tell(
        `${(tenth * plan.stirred) / 10} of ${plan.stirred} claimed under the snapshot, the last claims ${middle(stirs.slice(-20)).toFixed(1)} ms`,
      )
    }
    await ledger.workers.retire({ workerId })
    return { gatheredMs, stirs, ...(await woken(database.url, ledger, plan.wakes, tell)) }
  } finally {
    await crowd?.leave()
    await ledger.close()
    await database.drop()
  }
}

/** Starts so many and has them ask. */
async function put(url: string, ledger: Ledger, count: number): Promise<string[]> {
  const mw = await assemble({ run: [sleeper], worker: false }, { ledger })
  const worker = await hire(url, () => undefined)
  const ids: string[] = []
  for (let no = 0; no < count; no += 1) ids.push((await mw.start(sleeper, { input: { no } })).id)
  while ((await ledger.escalations({ state: 'open' })).length < count) await sleep(100)
  while ((await ledger.runs({ states: ['queued', 'running'], limit: 1 })).length > 0) await sleep(20)
  await dismiss(worker)
  return ids
}

/** A worker process takes up one after the other as its answer comes. */
async function woken(
  url: string,
  ledger: Ledger,
  count: number,
  tell: (line: string) => void,
): Promise<Pick<Million, 'claims' | 'wakes' | 'rssBytes'>> {
  const [claims, wakes]: [number[], number[]] = [[], []]
  let rssBytes = 0
  let hear: (at: number) => void = () => undefined
  const worker = await hire(url, (told) => {
    if (told.what === 'claimed') claims.push(told.tookMs)
    else if (told.what === 'memory') rssBytes = Math.max(rssBytes, told.rssBytes)
    else hear(told.at)
  })
  try {
    while (wakes.length < count) {
      for (const { id } of await ledger.escalations({ state: 'open' })) {
        if (wakes.length === count) break
        const awake = new Promise<number>((heard) => {
          hear = heard
        })
        const sentAt = Date.now()
        await ledger.answer({ id, decision: 'answer', by: 'ops', result: 'true' })
        wakes.push((await awake) - sentAt)
        if (wakes.length % 100 === 0) tell(`${wakes.length} of ${count} woken by mail`)
        await sleep(20)
      }
    }
    return { claims, wakes, rssBytes }
  } finally {
    await dismiss(worker)
  }
}

async function hire(url: string, hear: (told: Told) => void): Promise<ChildProcess> {
  const child = await forkBuilt(new URL('worker.ts', import.meta.url), [url])
  child.on('message', (message) => {
    if (typeof message === 'object') hear(message as Told)
  })
  await once(child, 'message')
  return child
}

async function dismiss(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.disconnect()
  await gone
}

/** The value below which such a part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const middle = (values: readonly number[]): number => quantile(values, 0.5)
