import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import { scopeOf } from '../core/scope.js'
import { flow } from '../orchestrator/flow.js'
import { tool } from '../tools/tool.js'

let hand: ByHand
beforeEach(() => {
  hand = new ByHand()
})
afterEach(() => hand.stop())

const away = () => new MidwatchError('ledger_away', 'The ledger is away.')
let replays = 0
const napping = flow({
  name: 'napping',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    replays += 1
    for (let n = 0; n < 3; n += 1) await ctx.sleep('10s')
    return 'rested'
  },
})
beforeEach(() => {
  replays = 0
})

/** The ledger with some of its verbs replaced. */
const but = (change: (ledger: Ledger) => Partial<Ledger>) =>
  new ByHand((ledger) => ({ ...ledger, ...change(ledger) }) as Ledger)

it('wakes a parked run without running its flow again', async () => {
  const mw = await hand.runtime([napping])
  const { id } = await mw.start(napping, { input: {} })
  expect(await hand.outcome(mw, id, 500)).toEqual({ status: 'completed', output: 'rested' })
  expect(replays).toBe(1)
})

it('ends a run that a kill finds just when it is taken up again', async () => {
  let reads = 0
  hand = but((ledger) => ({
    // Mail is read only where the claim says that there is some.
    claim: async (p) => (await ledger.claim(p)).map((one) => ({ ...one, run: { ...one.run, mailHead: 1 } })),
    mail: async ({ runId, after }) => {
      reads += 1
      if (reads === 2) {
        await ledger.engage({ scope: scopeOf.run(runId), mode: 'end', by: 'fay' })
        // The watch hears of it and looks, while the parked activation is not yet at work again.
        for (let turns = 0; turns < 4; turns += 1) await new Promise((done) => setImmediate(done))
      }
      return ledger.mail({ runId, after })
    },
  }))
  const mw = await hand.runtime([napping])
  const { id } = await mw.start(napping, { input: {} })
  expect(await hand.outcome(mw, id, 500)).toMatchObject({ status: 'killed' })
})

it('keeps so many parked runs, and runs the flow of others again', async () => {
  const mw = await hand.runtime([napping])
  const runs = []
  const count = LIMITS.parked_activations + 20
  for (let n = 0; n < count; n += 1) runs.push(await mw.start(napping, { input: {} }))
  for (const { id } of runs) await hand.outcome(mw, id, 500)
  expect(replays).toBeGreaterThan(count)
  expect(replays).toBeLessThan(3 * count)
})

it('works no more runs at once than it may', async () => {
  let now = 0
  let most = 0
  const slow = tool({
    name: 'slow',
    description: 'Takes long.',
    input: z.object({}),
    effect: 'read',
    execute: async () => {
      now += 1
      most = Math.max(most, now)
      await hand.clock.sleep(1_000)
      now -= 1
    },
  })
  const f = flow({ name: 'f', version: 1, input: z.object({}), run: (ctx) => ctx.tool(slow, {}) })
  const mw = await hand.runtime([f], {}, '4d', 3)
  const runs = []
  for (let n = 0; n < 9; n += 1) runs.push(await mw.start(f, { input: {} }))
  for (const { id } of runs) await hand.outcome(mw, id)
  expect(most).toBe(3)
})

it('comes again at once where the ledger gave it fewer than it asked for, though more are due', async () => {
  let isShut = true
  hand = but((ledger) => ({
    claim: async (p) => (isShut ? [] : ledger.claim({ ...p, limit: Math.min(p.limit, LIMITS.claim_clipped) })),
  }))
  let release: () => void = () => undefined
  const released = new Promise<void>((done) => {
    release = done
  })
  const waiting = tool({
    ...{ name: 'waiting', description: 'Waits.', input: z.object({}), effect: 'read' },
    execute: () => released,
  })
  const held = flow({ name: 'held', version: 1, input: z.object({}), run: (ctx) => ctx.tool(waiting, {}) })
  const mw = await hand.runtime([held])
  const runs = [await mw.start(held, { input: {} })]
  while (runs.length < 3 * LIMITS.claim_clipped) runs.push(await mw.start(held, { input: {} }))
  await hand.until(async () => (await hand.ledger.runs({ states: ['queued'], limit: 100 })).length === runs.length)
  isShut = false
  const since = hand.clock.now()
  runs.push(await mw.start(held, { input: {} }))
  await hand.until(async () => (await hand.ledger.runs({ states: ['queued'], limit: 100 })).length === 0)
  expect(hand.clock.now() - since).toBeLessThan(LIMITS.poll_ms)
  release()
  for (const { id } of runs) await hand.outcome(mw, id)
})

it('goes on claiming when the ledger was away, and tells of it', async () => {
  let left = 3
  hand = but((ledger) => ({
    claim: (p) => {
      left -= 1
      return left >= 0 ? Promise.reject(away()) : ledger.claim(p)
    },
  }))
  const mw = await hand.runtime([napping])
  const { id } = await mw.start(napping, { input: {} })
  expect(await hand.outcome(mw, id, 500)).toMatchObject({ status: 'completed' })
  expect(hand.alarms.filter((a) => a.startsWith('No claim'))).toHaveLength(3)
})

it('takes up what it claimed in an answer that was lost', async () => {
  let left = 1
  hand = but((ledger) => ({
    claim: async (p) => {
      const claimed = await ledger.claim(p)
      if (claimed.length === 0) return claimed
      left -= 1
      if (left >= 0) throw away()
      return claimed
    },
  }))
  const mw = await hand.runtime([napping])
  const { id } = await mw.start(napping, { input: {} })
  expect(await hand.outcome(mw, id, 500)).toMatchObject({ status: 'completed' })
  expect(left).toBeLessThan(0)
})

it('takes up what a claim took that was worked long after it had failed', async () => {
  let failed = false
  let worked = false
  hand = but((ledger) => ({
    claim: async (p) => {
      if (worked) return ledger.claim(p)
      if (failed) return []
      failed = true
      void hand.clock.sleep(3_000).then(async () => {
        await ledger.claim(p)
        worked = true
      })
      throw away()
    },
  }))
  const mw = await hand.runtime([napping])
  const { id } = await mw.start(napping, { input: {} })
  expect(await hand.outcome(mw, id, 500)).toMatchObject({ status: 'completed' })
  expect(worked).toBe(true)
})

/** Ends while one of its calls is in doubt. */
const doubtful = () => {
  const lost = tool({
    name: 'lost',
    description: 'Its answer is lost.',
    input: z.object({}),
    effect: 'once',
    isolate: 'none',
    timeout: '10s',
    execute: () => Promise.reject(new Error('lost')),
  })
  return flow({
    name: 'f',
    version: 1,
    input: z.object({}),
    run: (ctx) =>
      ctx.all([
        (c) => c.tool(lost, {}),
        async (c) => {
          await c.sleep('1s')
          throw new Error('boom')
        },
      ]),
  })
}

it('takes up an ended run, claimed for its doubt in an answer that was lost', async () => {
  let lost = false
  hand = but((ledger) => ({
    claim: async (p) => {
      const claimed = await ledger.claim(p)
      if (lost || !claimed.some(({ run }) => run.state === 'ended')) return claimed
      lost = true
      throw away()
    },
  }))
  const f = doubtful()
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'failed', code: 'flow_threw' })
  const question = await hand.question(id)
  hand.skip(30_000)
  await hand.ledger.answer({ id: question, decision: 'happened', by: 'fay' })
  await hand.until(async () => (await hand.ledger.run({ runId: id }))?.open.length === 0)
  expect(lost).toBe(true)
})

it('takes up a reconciliation that was dropped, though its run has ended', async () => {
  let left = 0
  hand = but((ledger) => ({
    evidence: (p) => {
      left -= 1
      return left >= 0 ? Promise.reject(away()) : ledger.evidence(p)
    },
  }))
  const f = doubtful()
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'failed', code: 'flow_threw' })
  const question = await hand.question(id)
  hand.skip(30_000)
  left = 2
  await hand.ledger.answer({ id: question, decision: 'happened', by: 'fay' })
  await hand.until(async () => (await hand.ledger.run({ runId: id }))?.open.length === 0)
  expect(left).toBeLessThan(0)
  expect((await hand.ledger.effects({ runId: id }))[0]?.state).toBe('performed')
})

it('advances one run when a host asks, and no other', async () => {
  const mw = await hand.runtime([napping], {}, '4d', 8, false)
  const { id } = await mw.start(napping, { input: {} })
  const other = await mw.start(napping, { input: {} })
  const first = mw.advance(id)
  expect(await mw.advance(id)).toMatchObject({ status: 'held' })
  let status = ''
  void first.then((s) => {
    status = s.status
  })
  await hand.until(() => status !== '')
  const at = (await hand.ledger.run({ runId: id }))?.dueAt ?? 0
  const again = { at, inMs: at - hand.clock.now() }
  const rests = { status: 'not_due', waits: 'timer', again, continuedAs: null }
  expect([status, await mw.advance(id)]).toEqual(['parked', rests])
  expect((await hand.ledger.run({ runId: other.id }))?.state).toBe('queued')
})

it('takes no run for an orphan whose claim by name is granted and whose answer is on its way', async () => {
  let lost = true
  hand = but((ledger) => ({
    claim: async (p) => {
      const claimed = await ledger.claim(p)
      if (claimed.length === 0) return claimed
      // The first answer is lost: the worker has reason to look for what it holds. The second comes late.
      if (lost) {
        lost = false
        throw away()
      }
      await hand.clock.sleep(3_000)
      return claimed
    },
  }))
  const mw = await hand.runtime([napping], {}, '4d', 8, false)
  const first = await mw.start(napping, { input: {} })
  const second = await mw.start(napping, { input: {} })
  await expect(mw.advance(first.id)).rejects.toMatchObject({ code: 'ledger_away' })
  const advanced = mw.advance(second.id)
  let status = ''
  void advanced.then((found) => {
    status = found.status
  })
  await hand.until(() => status !== '')
  expect(status).toBe('parked')
  // Each was taken up once: the first as an orphan, the second by who asked for it.
  expect([replays, (await hand.ledger.run({ runId: first.id }))?.state]).toEqual([2, 'waiting'])
  expect(hand.alarms).toEqual([])
})

it('takes no run by name while its clock is off, for it would begin nothing in it', async () => {
  hand = but((ledger) => ({
    workers: {
      ...ledger.workers,
      heartbeat: async (p) => {
        const beat = await ledger.workers.heartbeat(p)
        return { ...beat, at: beat.at + 20_000 }
      },
    },
  }))
  const mw = await hand.runtime([napping], {}, '1s', 8, false)
  const { id } = await mw.start(napping, { input: {} })
  await hand.until(() => hand.alarms.length > 0)
  expect(await mw.advance(id)).toMatchObject({ status: 'not_ready' })
  expect(await hand.ledger.run({ runId: id })).toMatchObject({ state: 'queued', claims: 0 })
})

it('leaves a run that another worker serves alone', async () => {
  const other = flow({ name: 'other', version: 1, input: z.object({}), run: async () => 'done' })
  const mw = await hand.runtime([napping, other])
  const { id } = await mw.start(other, { input: {} })
  expect(await hand.outcome(mw, id)).toEqual({ status: 'completed', output: 'done' })
  await hand.stop()
  const narrow = await hand.runtime([napping])
  const second = await narrow.start(napping, { input: {} })
  await hand.outcome(narrow, second.id, 500)
  await expect(narrow.start(other, { input: {} })).rejects.toMatchObject({ code: 'unknown_agent' })
})
