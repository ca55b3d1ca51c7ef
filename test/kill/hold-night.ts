import { z } from 'zod'
import { sha256 } from '../../src/core/digest.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { flow } from '../../src/orchestrator/flow.js'
import { assemble } from '../../src/runtime.js'
import { tool } from '../../src/tools/tool.js'
import { freshDatabase } from '../database.js'

/** Steps of a run, each with one write. */
export const WRITES = 5
/** How long an operator holds, and lets go. */
const HOLD_MS = 60

/** What was done, by key and how often: a write that a hold cut off is sent again, and must not be done again. */
const acts = new Map<string, number>()

const input = z.object({ id: z.string() })
/** Of a length that its id sets. */
const pause = (id: string) =>
  new Promise((later) => setTimeout(later, 5 + (Number.parseInt(sha256(id).slice(0, 4), 16) % 30)))
const shared = { description: 'Takes a moment.', input, timeout: '500ms' } as const

const look = tool({ ...shared, name: 'look', effect: 'read', execute: async ({ id }) => pause(id).then(() => id) })
const write = tool({
  ...shared,
  name: 'write',
  effect: 'checked',
  attempts: 50,
  key: ({ id }) => id,
  check: async ({ id }) => (acts.has(id) ? { did: 'happen', result: id } : { did: 'not_happen' }),
  execute: async ({ id }, { signal }) => {
    await pause(id)
    // One that was aborted before it acted does not act later.
    signal.throwIfAborted()
    acts.set(id, (acts.get(id) ?? 0) + 1)
    return id
  },
})

const working = flow({
  name: 'hold-worker',
  version: 1,
  input: z.object({ no: z.number() }),
  ceilings: { run: { retries: 500, attempts: 1_000 } },
  run: async (ctx, { no }) => {
    for (let step = 0; step < WRITES; step += 1) {
      await ctx.all([(c) => c.tool(look, { id: `${no}.${step}` }), (c) => c.tool(write, { id: `${no}.${step}` })])
      if (step === 2) await ctx.sleep('50ms')
    }
    return no
  },
})

export interface HoldNight {
  readonly completed: number
  /** Writes that were done once, and more often. */
  readonly doneOnce: number
  readonly doneTwice: number
  /** Of the invariants: none begins under a hold is one of them. */
  readonly violations: readonly string[]
}

/** So many runs on two workers, held and let go again and again while they work. */
export async function holdNight(runs: number, holds: number): Promise<HoldNight> {
  acts.clear()
  const database = await freshDatabase()
  const [a, b] = await Promise.all([1, 2].map(() => postgresLedger({ url: database.url })))
  if (!a || !b) throw new RangeError('two ledgers were asked for')
  const workers = await Promise.all(
    [a, b].map((ledger) => assemble({ run: [working], alarm: () => undefined }, { ledger })),
  )
  try {
    const starts = Array.from({ length: runs }, (_, no) =>
      workers[no % 2]?.start(working, { input: { no }, tenant: `t${no % 3}` }),
    )
    const started = await Promise.all(starts)
    const scopes = ['fleet', 'tenant:t1', 'agent:hold-worker', 'tool:write', 'tenant:t2']
    for (let n = 0; n < holds; n += 1) {
      const scope = scopes[n % scopes.length] ?? 'fleet'
      await a.engage({ scope, mode: 'hold', by: 'op' })
      await new Promise((later) => setTimeout(later, HOLD_MS))
      await a.release({ scope, by: 'op', jitterMs: 50 })
      await new Promise((later) => setTimeout(later, HOLD_MS))
    }
    const outcomes = await Promise.all(started.map((run) => run?.outcome()))
    const { violations } = await verifyLedger(a)
    return {
      completed: outcomes.filter((outcome) => outcome?.status === 'completed').length,
      doneOnce: [...acts.values()].filter((times) => times === 1).length,
      doneTwice: [...acts.values()].filter((times) => times > 1).length,
      violations: violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`),
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
    await Promise.all([a.close(), b.close()])
    await database.drop()
  }
}
