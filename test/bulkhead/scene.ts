import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { flow, type Midwatch, midwatch, tool } from '../../src/index.js'
import { throughLastHalf } from '../../src/tools/kept-apart.js'
import { putLast } from '../../src/tools/lowest-priority.js'
import { BOUND_MS, dawdles, hangs, leaks } from './tools.js'

/** One call of a bad tool, as the worker saw it end. */
interface Cut {
  readonly tool: string
  readonly did: string
  readonly tookMs: number
}

/** One round: the same healthy runs alone, beside a bare loop, then beside the bad ones. */
export interface Round {
  readonly aloneP99Ms: number
  /** Beside one loop of the same priority on the same processors, with no tool called: the machine's own part. */
  readonly loopP99Ms: number
  readonly besideP99Ms: number
  readonly cuts: readonly Cut[]
}

export interface Scene {
  readonly rounds: readonly Round[]
  readonly violations: readonly string[]
}

export interface Load {
  readonly runs: number
  readonly steps: number
  readonly rounds: number
}

/** A step of each healthy run is due so often. */
const EVERY_MS = 1_000
const BAD = [hangs, leaks, dawdles] as const
const BAD_NAMES = ['hangs', 'leaks', 'dawdles'] as const

const looks = tool({
  name: 'looks',
  description: 'A healthy read.',
  input: z.object({ n: z.number() }),
  effect: 'read',
  execute: async ({ n }) => ({ n, found: 'x'.repeat(200) }),
})

const waits = tool({
  name: 'waits',
  description: 'Until the next step is due.',
  input: z.object({ until: z.number() }),
  effect: 'read',
  lane: 'pace',
  timeout: '30s',
  execute: async ({ until }) => {
    await pause(Math.max(0, until - performance.now()))
    return null
  },
})

/** Each run works one step a second from `from` on; what each took goes into `into`. */
const healthyFlow = (into: () => number[]) =>
  flow({
    name: 'healthy',
    version: 1,
    input: z.object({ from: z.number(), steps: z.number().int() }),
    ceilings: { run: { steps: 1_000, tool_calls: 1_000, attempts: 2_000, active: '1d' } },
    run: async (ctx, { from, steps }) => {
      for (let n = 0; n < steps; n += 1) {
        await ctx.tool(waits, { until: from + n * EVERY_MS })
        const begun = performance.now()
        await ctx.tool(looks, { n })
        into().push(performance.now() - begun)
      }
      return steps
    },
  })

const badFlow = flow({
  name: 'bad',
  version: 1,
  input: z.object({ tool: z.enum(BAD_NAMES) }),
  run: async (ctx, input) => {
    for (const one of BAD) if (one.name === input.tool) await ctx.tool(one, {})
    return null
  },
})

/** Healthy runs at a fixed rate in one worker, alone and beside tools that hang, leak and dawdle, in turns. */
export async function bulkheadScene(databaseUrl: string, load: Load): Promise<Scene> {
  let times: number[] = []
  const healthy = healthyFlow(() => times)
  const lanes = { pace: { perWorker: load.runs } }
  const mw = await midwatch({ run: [healthy, badFlow], databaseUrl, lanes, worker: { concurrency: load.runs + 50 } })
  try {
    const cuts: Cut[] = []
    const heard = new EventEmitter()
    mw.observe((event) => {
      if (event.kind !== 'attempt.over' && event.kind !== 'doubt.raised') return
      if (!BAD.some(({ name }) => name === event.name)) return
      const did = event.kind === 'doubt.raised' ? 'doubt' : event.did
      cuts.push({ tool: event.name, did, tookMs: event.tookMs })
      heard.emit(event.name)
    })
    const arm = async () => {
      times = []
      const first = performance.now() + 500
      const started = Array.from({ length: load.runs }, (_, i) => {
        const from = first + (i * EVERY_MS) / load.runs
        return mw.start(healthy, { input: { from, steps: load.steps } })
      })
      await Promise.all(started.map(async (run) => (await run).outcome()))
      return p99(times)
    }
    // Code, plans and caches are warm before anything is counted.
    await arm()
    const rounds: Round[] = []
    for (let round = 0; round < load.rounds; round += 1) {
      const aloneP99Ms = await arm()
      const loopP99Ms = await besideLoop(arm)
      cuts.length = 0
      const bad = plague(mw, heard)
      const besideP99Ms = await arm()
      await bad.over()
      rounds.push({ aloneP99Ms, loopP99Ms, besideP99Ms, cuts: [...cuts] })
    }
    const { violations } = await verifyLedger(mw.ledger)
    return { rounds, violations: violations.map(({ invariant, what }) => `${invariant}: ${what}`) }
  } finally {
    await mw.stop()
  }
}

/** Ends by itself where whoever began it cannot end it. */
const LOOP = 'const until = Date.now() + 120_000; while (Date.now() < until) Math.hypot(3, 4)'

/** Works beside a process that computes on and on, where and as an isolated child does; nothing of this runtime is in it. */
async function besideLoop<T>(work: () => Promise<T>): Promise<T> {
  const [command = '', ...args] = [...throughLastHalf(), process.execPath, '-e', LOOP]
  const loop = spawn(command, args, { detached: true, stdio: 'ignore' })
  const gone = once(loop, 'exit')
  if (loop.pid !== undefined) putLast(loop.pid)
  try {
    return await work()
  } finally {
    loop.kill('SIGKILL')
    await gone
  }
}

/** One call of each bad tool at a time, again as soon as it was cut, until it is told that it is over. */
function plague(mw: Midwatch, heard: EventEmitter): { over(): Promise<unknown> } {
  let isOver = false
  const work = async ({ name }: (typeof BAD)[number]) => {
    while (!isOver) {
      const cut = once(heard, name)
      await mw.start(badFlow, { input: { tool: name } })
      await cut
    }
  }
  const working = Promise.all(BAD.map(work))
  return {
    over: () => {
      isOver = true
      return working
    },
  }
}

/** Where a cut is not at the tool's bound ± `byMs`, or not in doubt. A leak may die of its memory before. */
export function cutBadly(cuts: readonly Cut[], byMs: number): Cut[] {
  return cuts.filter(({ tool: name, did, tookMs }) => {
    const early = name !== 'leaks' && tookMs < BOUND_MS - byMs
    return did !== 'doubt' || early || tookMs > BOUND_MS + byMs
  })
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN
}
