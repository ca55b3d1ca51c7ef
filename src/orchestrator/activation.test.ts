import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { MidwatchError } from '../core/errors.js'
import { verifyLedger } from '../core/invariants/verify.js'
import type { Ledger } from '../core/ledger.js'
import type { Claimed, RunRow } from '../core/run-row.js'
import { tool } from '../tools/tool.js'
import { Activation } from './activation.js'
import type { Ctx } from './ctx-types.js'
import { flow } from './flow.js'

let hand: ByHand
beforeEach(() => {
  hand = new ByHand()
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const over = (run: (ctx: Ctx) => Promise<unknown>) =>
  flow({ name: 'f', version: 1, input: z.object({}), ceilings: { run: { deadline: '10m' } }, run })
const never = new Promise<never>(() => undefined)
const doing = (execute: (n: number, signal: AbortSignal) => Promise<unknown>, effect: 'read' | 'checked' = 'read') => {
  let calls = 0
  const base = { name: 'act', description: 'Acts.', input: z.object({}), timeout: '10s' } as const
  const run = (_: unknown, { signal }: { signal: AbortSignal }) => {
    calls += 1
    return execute(calls, signal)
  }
  return effect === 'read'
    ? tool({ ...base, effect, execute: run })
    : tool({ ...base, effect, check: async () => ({ did: 'not_happen' }), execute: run })
}
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

async function begun(f: ReturnType<typeof over>) {
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  return { mw, id }
}

it('ends at its deadline though its flow waits for something outside ctx', async () => {
  const { mw, id } = await begun(over(() => never))
  expect(await hand.outcome(mw, id, 1_000)).toMatchObject({ status: 'exhausted', meter: 'deadline' })
})

it('ends with what its flow threw, after what was under way has settled', async () => {
  let stopped = false
  const act = doing((_, signal) =>
    aborted(signal).catch((error) => {
      stopped = true
      throw error
    }),
  )
  const { mw, id } = await begun(
    over((ctx) =>
      ctx.all([
        (c) => c.tool(act, {}),
        async (c) => {
          await c.sleep('1s')
          throw new Error('boom')
        },
      ]),
    ),
  )
  expect(await hand.outcome(mw, id)).toEqual({
    status: 'failed',
    code: 'flow_threw',
    owner: 'orchestration',
    message: 'boom',
  })
  expect(stopped).toBe(true)
  const entries = await hand.ledger.journal({ runId: id })
  expect(entries.filter((e) => e.kind === 'settle')).toHaveLength(1)
})

it('calls after the end never resolve and write nothing', async () => {
  let late: (() => void) | undefined
  const went: string[] = []
  const { mw, id } = await begun(
    over(async (ctx) => {
      void new Promise<void>((go) => {
        late = go
      }).then(async () => {
        await ctx.sleep('1s')
        went.push('slept')
      })
      return 'done'
    }),
  )
  await hand.outcome(mw, id)
  const head = (await hand.ledger.run({ runId: id }))?.headSeq
  late?.()
  await hand.clock.advance(5_000)
  expect([went, (await hand.ledger.run({ runId: id }))?.headSeq]).toEqual([[], head])
})

it('gives results back as a replay will: fields in canonical order, secrets concealed', async () => {
  const act = tool({
    name: 'act',
    description: 'Acts.',
    input: z.object({}),
    effect: 'read',
    execute: async (_, call) => ({ z: await call.secret('TOKEN'), a: 1 }),
  })
  process.env.TOKEN = 'sesame-open'
  const { mw, id } = await begun(over(async (ctx) => JSON.stringify(await ctx.tool(act, {}))))
  expect(await hand.outcome(mw, id)).toMatchObject({ output: '{"a":1,"z":"[secret TOKEN]"}' })
  delete process.env.TOKEN
})

it('tells the same time live as its journal does', async () => {
  const { mw, id } = await begun(
    over(async (ctx) => {
      const at = [ctx.now().getTime()]
      await ctx.tool(
        doing(async () => never.constructor.name),
        {},
      )
      at.push(ctx.now().getTime())
      await ctx.sleep('3s')
      return [...at, ctx.now().getTime()]
    }),
  )
  const { output } = (await hand.outcome(mw, id)) as { output: number[] }
  const entries = await hand.ledger.journal({ runId: id })
  const stamps = entries.map((e) => JSON.parse(e.body || '{}')).flatMap((b) => (b.final ? [b.at] : []))
  expect(output).toEqual([(await hand.ledger.run({ runId: id }))?.createdAt, ...stamps])
})

/** Reads of effect rows fail as they do when the ledger is away, so many times. */
function failing(ledger: Ledger, what: 'effect' | 'mail' | 'journal', left: { times: number }): Ledger {
  return new Proxy(ledger, {
    get(target, name) {
      const found = Reflect.get(target, name)
      if (name === 'claim' && what === 'mail') return withRow(found, { mailHead: 1 })
      if (name === 'claim' && what === 'journal') return withRow(found, { claims: 2 })
      if (name !== what) return found
      return async (...args: unknown[]) => {
        left.times -= 1
        if (left.times >= 0) throw new MidwatchError('ledger_away', 'The ledger is away.')
        return found(...args)
      }
    },
  })
}

/** Mail is read only where there is some, a journal where the run was claimed before. */
function withRow(claim: Ledger['claim'], fields: Partial<RunRow>): Ledger['claim'] {
  return async (p) => (await claim(p)).map((claimed) => ({ ...claimed, run: { ...claimed.run, ...fields } }))
}

it.each(['effect', 'mail', 'journal'] as const)(
  'is let go and taken up again when its %s cannot be read',
  async (what) => {
    const left = { times: 2 }
    hand = new ByHand((ledger) => failing(ledger, what, left))
    let aborts = 0
    const act = doing(async (n) => {
      if (n > 1) return n
      await hand.clock.sleep(1_000)
      throw new Error('lost')
    }, 'checked')
    const slow = tool({
      name: 'slow',
      description: 'Takes long.',
      input: z.object({}),
      effect: 'read',
      timeout: '20s',
      execute: (_, { signal }) => {
        if (left.times < 0) return Promise.resolve('quick')
        return aborted(signal).catch((error) => {
          aborts += 1
          throw error
        })
      },
    })
    const { mw, id } = await begun(over((ctx) => ctx.all([(c) => c.tool(act, {}), (c) => c.tool(slow, {})])))
    expect(await hand.outcome(mw, id)).toEqual({ status: 'completed', output: [2, 'quick'] })
    expect(left.times).toBeLessThan(0)
    if (what === 'effect') expect(aborts).toBe(1)
  },
)

it('is taken up again with what it left open, when its batch was refused out of turn', async () => {
  let broken = 0
  hand = new ByHand((ledger) => ({
    ...ledger,
    apply: async (ops) => {
      const answers = await ledger.apply(ops)
      // Granted, and then the answer is lost for good.
      if (ops.some((op) => op.kind === 'begin') && broken < 2) {
        broken += 1
        throw new Error('no such error')
      }
      return answers
    },
  }))
  const act = doing(async (n) => n, 'checked')
  const { mw, id } = await begun(over((ctx) => ctx.tool(act, {})))
  expect(await hand.outcome(mw, id)).toEqual({ status: 'completed', output: 1 })
  expect(broken).toBe(2)
})

it('ends as a dead letter when nothing brings it to rest', async () => {
  let tries = 0
  hand = new ByHand((ledger) => ({
    ...ledger,
    apply: async (ops) => {
      if (!ops.some((op) => op.kind === 'note')) return ledger.apply(ops)
      tries += 1
      throw new Error('no such error')
    },
  }))
  const { mw, id } = await begun(over((ctx) => ctx.sleep('1s')))
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'failed', code: 'crash_loop' })
  expect(tries).toBeLessThanOrEqual(6)
})

it('goes on after a kill that met its park, once it is taken up again', async () => {
  const { mw, id } = await begun(over((ctx) => ctx.sleep('1h')))
  const { ledger } = hand
  const apply = ledger.apply
  ledger.apply = async (ops) => {
    const parks = ops.some((op) => op.kind === 'park')
    if (parks) {
      ledger.apply = apply
      await ledger.engage({ scope: `run:${id}`, mode: 'end', by: 'op' })
      await new Promise((done) => setImmediate(done))
    }
    return apply(ops)
  }
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'killed', by: 'op' })
})

it.each([
  ['fits the next claim', 7, 2 ** 40 + 4, true],
  ['does not fit one after others have worked', 9, 2 ** 40 + 5, false],
  ['does not fit a ledger that was reconciled, whatever its length', 7, 2 ** 41 + 1, false],
])('what was kept of a parked run %s', (_, headSeq, fence, fits) => {
  const parked = { signal: { aborted: false }, journal: { head: 6 }, run: { fence: 2 ** 40 + 3 } }
  const claimed = { run: { headSeq, fence }, switched: null, at: 0 } as Claimed
  expect(Activation.prototype.fits.call(parked as Activation, claimed)).toBe(fits)
})
