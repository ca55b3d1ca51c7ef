import fc from 'fast-check'
import { expect } from 'vitest'
import { z } from 'zod'
import { MidwatchError } from '../../src/core/errors.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { RunRow } from '../../src/core/run-row.js'
import { FAILPOINTS } from '../../src/orchestrator/engine.js'
import { flow } from '../../src/orchestrator/flow.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { tool } from '../../src/tools/tool.js'
import { heir, type Mortal, mortal } from '../replay.js'

/** What happens in one night, in this order, while two workers work and die. */
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constant('send' as const),
      numbered: fc.boolean(),
      n: fc.integer({ min: 1, max: 6 }),
      version: fc.constantFrom(1, 2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('other_body' as const),
      numbered: fc.boolean(),
      n: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('kill' as const), pick: fc.nat({ max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40 }) }) },
)
const death = fc.record({ at: fc.constantFrom(...FAILPOINTS), hit: fc.integer({ min: 1, max: 4 }) })
export const nights = fc.record({
  happenings: fc.array(happening, { minLength: 6, maxLength: 24 }),
  deaths: fc.tuple(death, death),
})
type Night = typeof nights extends fc.Arbitrary<infer N> ? N : never

/** Sends, kills and two workers that die, on one ledger; then every message has to have been worked once, and in order. */
export async function playNight(ledger: Ledger, { happenings, deaths }: Night): Promise<void> {
  const world = new World()
  const agents = [world.tally(1), world.tally(2)]
  const mortals: Mortal[] = []
  for (const { at, hit } of deaths) mortals.push(await mortal(ledger, agents, at, hit))
  const died = new Set<Mortal>()
  const heirs = mortals.map((one) =>
    one.dead.then(() => {
      died.add(one)
      return heir(ledger, agents)
    }),
  )
  const door = await assemble({ run: agents, worker: false, alarm: () => undefined }, { ledger })
  for (const one of happenings) await world.happen(one, door, ledger)
  await untilAtRest(ledger)
  await judge(ledger, world)
  // A worker that lived through the night ends now; one that died has an heir, which ends too.
  await door.stop()
  for (const [i, one] of mortals.entries()) {
    // It may still die while it stops; then nothing of it goes on, and its heir has nothing to do.
    if (!died.has(one)) await Promise.race([one.mw.stop(), one.dead])
    if (died.has(one)) await (await heirs[i])?.stop()
  }
}

class World {
  readonly seen: string[] = []
  readonly #keys = new Set<string>()
  readonly accepted = new Map<string, string>()

  /** Version 2 keeps the same under another name. */
  tally(version: 1 | 2) {
    const act = tool({
      name: 'act',
      description: 'Acts.',
      input: z.object({ message: z.string() }),
      effect: 'checked',
      timeout: '300ms',
      key: ({ message }) => message,
      check: async (_, { key }) => (this.#keys.has(key) ? { did: 'happen', result: null } : { did: 'not_happen' }),
      execute: async ({ message }, { key }) => {
        this.seen.push(message)
        this.#keys.add(key)
        return null
      },
    })
    const field = version === 1 ? 'count' : 'counted'
    return flow({
      name: 'tally',
      version,
      input: z.object({ message: z.string() }),
      tools: [act],
      session: {
        state: z.object({ [field]: z.number() }),
        version,
        initial: { [field]: 0 },
        gapWithin: '150ms',
        migrate: (old) => ({ [field]: Number((old as { count: number }).count) }),
      },
      run: async (ctx, { message }) => {
        await ctx.tool(act, { message })
        await ctx.setState({ [field]: Number(ctx.state[field]) + 1 })
      },
    })
  }

  async happen(one: Night['happenings'][number], door: Midwatch, ledger: Ledger): Promise<void> {
    if (one.is === 'wait') return void (await new Promise((done) => setTimeout(done, one.ms)))
    if (one.is === 'kill') return this.#kill(one.pick, ledger)
    const session = one.numbered ? 'numbered' : 'plain'
    const key = `${session} ${one.n}`
    const order = { key, ...(one.numbered && { sequence: one.n }) }
    if (one.is === 'send') return this.#send(door, one.version, session, order)
    if (!this.accepted.has(key)) return
    const sent = door.send(this.tally(1), session, { message: 'another body' }, order)
    await expect(sent).rejects.toMatchObject({ code: 'start_conflict' })
  }

  async #send(door: Midwatch, version: 1 | 2, session: string, order: { key: string; sequence?: number }) {
    try {
      const { id } = await door.send(this.tally(version), session, { message: order.key }, order)
      // Acknowledged once is acknowledged for good, by the same run.
      expect(this.accepted.get(order.key) ?? id).toBe(id)
      this.accepted.set(order.key, id)
    } catch (error) {
      if (!(error instanceof MidwatchError) || error.code !== 'sequence_passed') throw error
      expect(this.accepted.has(order.key)).toBe(false)
    }
  }

  async #kill(pick: number, ledger: Ledger): Promise<void> {
    const runs = [...this.accepted.values()]
    const runId = runs[pick % Math.max(1, runs.length)]
    if (runId) await ledger.engage({ scope: `run:${runId}`, mode: 'end', by: 'ann' })
  }
}

async function untilAtRest(ledger: Ledger): Promise<void> {
  for (let n = 0; n < 600; n += 1) {
    await ledger.passGaps({ limit: 10 })
    const open = await ledger.runs({ states: ['queued', 'running', 'waiting'], limit: 50 })
    if (open.length === 0) return
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error(`Not at rest: ${JSON.stringify(await ledger.runs({ states: ['queued', 'running', 'waiting'] }))}`)
}

async function judge(ledger: Ledger, world: World): Promise<void> {
  const { violations } = await verifyLedger(ledger)
  expect(violations).toEqual([])
  for (const session of ['plain', 'numbered']) {
    const runs = (await ledger.runs({ session, limit: 100 })).sort((a, b) => (a.sessionNo ?? 0) - (b.sessionNo ?? 0))
    expect(runs.map((r) => r.key).sort()).toEqual(
      [...world.accepted.keys()].filter((k) => k.startsWith(session)).sort(),
    )
    await judgeSession(ledger, world, session, runs)
  }
}

async function judgeSession(ledger: Ledger, world: World, session: string, runs: readonly RunRow[]): Promise<void> {
  const seen = world.seen.filter((message) => message.startsWith(session))
  // Each at most once, in the order of the numbers; those that were completed surely.
  expect(seen).toEqual(runs.map((r) => r.key).filter((key) => seen.includes(key ?? '')))
  for (const run of runs) {
    expect(['completed', 'killed', 'handed_over']).toContain(run.outcome)
    if (run.outcome === 'completed') expect(seen).toContain(run.key)
  }
  const journals = await Promise.all(runs.map(({ runId }) => ledger.journal({ runId })))
  const written = journals.flat().filter(({ facts }) => facts.state !== undefined).length
  const row = await ledger.session({ tenant: 'default', session })
  const state = row?.state ? (JSON.parse(row.state.text) as { count?: number; counted?: number }) : { count: 0 }
  expect(state.count ?? state.counted).toBe(written)
}
