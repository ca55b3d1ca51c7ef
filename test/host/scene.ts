import { z } from 'zod'
import { MidwatchError } from '../../src/core/errors.js'
import type { Ledger } from '../../src/core/ledger.js'
import { flow } from '../../src/orchestrator/flow.js'
import { assemble, type Midwatch, type MidwatchOptions, type Ports } from '../../src/runtime.js'
import { tool } from '../../src/tools/tool.js'

const input = z.object({ id: z.string() })

/** What the tools did, by name, outside of the ledger; and what holds them back once they have acted. */
export const acts: string[] = []
const holding = new Map<string, Promise<void>>()

/** Holds the act of this name back until what is given back is called. */
export function hold(id: string): () => void {
  let letGo: () => void = () => undefined
  holding.set(
    id,
    new Promise((go) => {
      letGo = go
    }),
  )
  return () => letGo()
}

const actOf = (name: string, timeout: '10s' | '800ms') =>
  tool({
    name,
    description: 'Acts on the world.',
    input,
    effect: 'checked',
    timeout,
    key: ({ id }) => id,
    check: async ({ id }) => (acts.includes(id) ? { did: 'happen', result: { did: id } } : { did: 'not_happen' }),
    execute: async ({ id }) => {
      acts.push(id)
      await holding.get(id)
      return { did: id }
    },
  })
const act = actOf('act', '10s')
const hurried = actOf('hurried', '800ms')

/** Acts once, and rests before it if it is told to. */
export const errand = flow({
  name: 'errand',
  version: 1,
  input: input.extend({ rest: z.boolean().optional() }),
  run: async (ctx, { id, rest }) => {
    if (rest) await ctx.sleep('150ms')
    return ctx.tool(act, { id })
  },
})

/** Acts within less than a second, or is in doubt. */
export const rush = flow({ name: 'rush', version: 1, input, run: (ctx, { id }) => ctx.tool(hurried, { id }) })

/** Goes on as another run, which ends. */
export const chain = flow({
  name: 'chain',
  version: 1,
  input: input.extend({ left: z.number() }),
  run: async (ctx, { id, left }) => (left > 0 ? ctx.continue({ id, left: left - 1 }) : 'done'),
})

/** Two errands as runs of their own. */
export const party = flow({
  name: 'party',
  version: 1,
  input,
  run: async (ctx, { id }) => {
    const rows = [`${id}-1`, `${id}-2`]
    const mapped = await ctx.map(rows, { atOnce: 2, key: (row) => row }, (c, row) => c.tool(act, { id: row }))
    return mapped.done.length
  },
})

/** Runtimes on one ledger, each a process as far as they know. */
export class Hosts {
  readonly #made: Midwatch[] = []
  constructor(readonly ledger: Ledger) {}

  async open(
    options: Partial<MidwatchOptions> = {},
    ledger: Ledger = this.ledger,
    ports: Ports = {},
  ): Promise<Midwatch> {
    const mw = await assemble(
      { run: [errand, rush, chain, party], worker: { claims: false }, alarm: () => undefined, ...options },
      { ...ports, ledger },
    )
    this.#made.push(mw)
    return mw
  }

  async stop(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((mw) => mw.stop()))
  }
}

/** Calls as a host does, again when it is told to, until the run has ended; what it heard. */
export async function hosted(mw: Midwatch, runId: string): Promise<string[]> {
  const heard: string[] = []
  for (;;) {
    const { status, again } = await mw.advance(runId)
    heard.push(status)
    if (again === 'never') return heard
    await new Promise((later) => setTimeout(later, again === 'when_told' ? 20 : Math.min(100, again.inMs)))
  }
}

/** The ledger as a worker sees it that lost its connection at the wrong moment: the next claim is granted, its answer is lost. */
export function losingAClaim(ledger: Ledger): Ledger {
  let left = 1
  return {
    ...ledger,
    claim: async (p) => {
      const claimed = await ledger.claim(p)
      if (claimed.length === 0 || left === 0) return claimed
      left -= 1
      throw new MidwatchError('ledger_away', 'The connection was cut.')
    },
  }
}

/** The ledger as a worker sees it whose heart stopped: nobody renews its lease, and what it writes arrives late. */
export function withoutHeart(ledger: Ledger): Ledger {
  const away = () => Promise.reject(new MidwatchError('ledger_away', 'The machine stands still.'))
  return { ...ledger, workers: { ...ledger.workers, heartbeat: away } }
}
