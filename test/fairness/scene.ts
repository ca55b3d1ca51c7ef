import { setTimeout as pause } from 'node:timers/promises'
import { flow, MidwatchError, midwatch, tool } from 'midwatch'
import { z } from 'zod'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'

/** Who sends as much as all others are used to, and who sends a hundred times that. */
export const QUIET = Array.from({ length: 9 }, (_, i) => `quiet-${i + 1}`)
export const LOUD = 'loud'

export interface Load {
  /** How long each call takes: it holds one of the worker's places for that. */
  readonly callMs: number
  /** A quiet tenant starts a run so often; the loud one so many in that time. */
  readonly everyMs: number
  readonly loudTimes: number
  /** How long it is sent, alone and then beside the loud one; and so many times by turns, for a machine has slow minutes. */
  readonly forMs: number
  readonly rounds: number
  readonly worker: { readonly concurrency: number; readonly perTenant: number }
  /** Runs of one tenant that may wait to begin. */
  readonly bound: number
}

export interface Flooded {
  /** From admission to the first claim of each run of a quiet tenant, by the ledger's clock, ms. */
  readonly aloneMs: readonly number[]
  readonly besideMs: readonly number[]
  readonly loud: { readonly accepted: number; readonly refused: number }
  /** Of the loud one, when the last of a quiet one was sent: the fewest of all rounds. */
  readonly waiting: number
  readonly violations: readonly string[]
}

const calls = tool({
  name: 'calls',
  description: 'Something that takes a while elsewhere.',
  input: z.object({ ms: z.number() }),
  effect: 'read',
  lane: 'elsewhere',
  timeout: '60s',
  execute: async ({ ms }) => {
    await pause(ms)
    return null
  },
})

const work = flow({
  name: 'work',
  version: 1,
  input: z.object({ ms: z.number() }),
  run: async (ctx, { ms }) => {
    await ctx.tool(calls, { ms })
    return null
  },
})

/** A worker, and whoever starts runs: the same quiet tenants alone, then beside the loud one. */
export async function flooded(databaseUrl: string, load: Load): Promise<Flooded> {
  const { callMs, everyMs, loudTimes, forMs, rounds, worker, bound } = load
  const lanes = { elsewhere: { perWorker: worker.concurrency } }
  const mw = await midwatch({ run: [work], databaseUrl, worker, lanes })
  const sender = await midwatch({ run: [work], databaseUrl, worker: false })
  const loud = { accepted: 0, refused: 0 }
  const start = async (tenant: string) => (await sender.start(work, { input: { ms: callMs }, tenant })).id
  const startLoud = async () => {
    try {
      await start(LOUD)
      loud.accepted += 1
    } catch (error) {
      if (!(error instanceof MidwatchError) || error.code !== 'overloaded') throw error
      loud.refused += 1
    }
  }
  const quiet = async () => {
    const sent: Promise<string>[] = []
    const until = performance.now() + forMs
    for (let n = 0; performance.now() < until; n += 1) {
      sent.push(start(QUIET[n % QUIET.length] ?? ''))
      await pause(everyMs / QUIET.length)
    }
    return Promise.all(sent)
  }
  try {
    await mw.ledger.queues.setBound({ scope: 'tenant:*', max: bound, by: 'scene' })
    // What is slow the first time is so for nobody who is measured.
    await Promise.all(QUIET.map(async (tenant) => mw.run(await start(tenant)).outcome()))
    const { ledger } = mw
    const [alone, beside]: [string[], string[]] = [[], []]
    let waiting = bound
    for (let round = 0; round < rounds; round += 1) {
      alone.push(...(await quiet()))
      const stop = new AbortController()
      const flood = every(everyMs / loudTimes, stop.signal, startLoud)
      await pause(forMs / 4)
      beside.push(...(await quiet()))
      waiting = Math.min(waiting, await inLine(ledger, LOUD))
      stop.abort()
      await flood
      await ebb(ledger)
    }
    await Promise.all([...alone, ...beside].map((id) => mw.run(id).outcome()))
    const [aloneMs, besideMs] = [await waits(ledger, alone), await waits(ledger, beside)]
    const { violations } = await verifyLedger(ledger)
    return { aloneMs, besideMs, loud, waiting, violations: violations.map(({ what }) => what) }
  } finally {
    await sender.stop()
    await mw.stop()
  }
}

async function inLine(ledger: Ledger, tenant: string): Promise<number> {
  const lines = await ledger.queues.lines({ limit: 100 })
  return lines.find(({ scope }) => scope === `tenant:${tenant}`)?.waiting ?? 0
}

/** Until all that the loud one was let in with has ended. */
async function ebb(ledger: Ledger): Promise<void> {
  const live = () => ledger.runs({ tenant: LOUD, states: ['queued', 'running', 'waiting'], limit: 1 })
  while ((await live()).length > 0) await pause(100)
}

/** So often, evenly, whatever each of them takes. */
async function every(ms: number, stop: AbortSignal, act: () => Promise<void>): Promise<void> {
  const under = new Set<Promise<void>>()
  const from = performance.now()
  for (let n = 0; !stop.aborted; n += 1) {
    const one = act().finally(() => under.delete(one))
    under.add(one)
    await pause(Math.max(0, from + (n + 1) * ms - performance.now()))
  }
  await Promise.all(under)
}

async function waits(ledger: Ledger, runIds: readonly string[]): Promise<number[]> {
  const found: number[] = []
  for (const runId of runIds) {
    const [admitted, claimed] = await ledger.journal({ runId, limit: 2 })
    if (admitted && claimed?.kind === 'claim') found.push(claimed.at - admitted.at)
  }
  return found
}

/** A backlog of the loud one before a worker comes, and a few runs of each quiet one behind it: what had ended once those had. */
export async function overtaken(
  databaseUrl: string,
  { loud, each, bound }: { readonly loud: number; readonly each: number; readonly bound: number },
): Promise<{ ended: Readonly<Record<string, number>>; refused: number; violations: readonly string[] }> {
  const sender = await midwatch({ run: [work], databaseUrl, worker: false })
  const start = (tenant: string) => sender.start(work, { input: { ms: 20 }, tenant })
  await sender.ledger.queues.setBound({ scope: 'tenant:*', max: bound, by: 'scene' })
  const floods = await Promise.allSettled(Array.from({ length: loud }, () => start(LOUD)))
  const turnedAway = floods.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  const refused = turnedAway.filter((error) => error instanceof MidwatchError && error.code === 'overloaded').length
  const others = await Promise.all(QUIET.flatMap((tenant) => Array.from({ length: each }, () => start(tenant))))
  const mw = await midwatch({ run: [work], databaseUrl, worker: { concurrency: 8, perTenant: 6 } })
  try {
    await Promise.all(others.map((run) => run.outcome()))
    const rows = await mw.ledger.runs({ states: ['ended'], limit: 1_000 })
    const ended = Object.fromEntries(
      [...QUIET, LOUD].map((of) => [of, rows.filter(({ tenant }) => tenant === of).length]),
    )
    const { violations } = await verifyLedger(mw.ledger)
    return { ended, refused, violations: violations.map(({ what }) => what) }
  } finally {
    await sender.stop()
    await mw.stop()
  }
}
