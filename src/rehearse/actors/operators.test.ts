import { describe, expect, test } from 'vitest'
import type { Op } from '../../core/ops.js'
import { sharedCharge } from '../../testing/conformance/hand.js'
import { Scene } from '../../testing/conformance/scene.js'
import type { FaultName, Strike } from '../fault.js'
import { handMade } from '../surroundings.fixture.js'
import { Operators } from './operators.js'

const HOUR_MS = 3_600_000

async function scene(...faults: FaultName[]) {
  const strikes = faults.map((fault, n) => ({ fault, place: `moment:note#${n + 1}` }) as Strike)
  const s = handMade({}, strikes)
  const world = new Scene({ ledger: s.ledger, advance: s.clock.advance, close: async () => undefined })
  const hand = await world.held({ deadlineMs: 100 * HOUR_MS })
  const actor = new Operators(s)
  const put = async (op: Op) => {
    const answer = await hand.put(op)
    actor.wrote([op], [answer])
    return answer
  }
  return { s, hand, actor, put, strikes, tenant: world.tenant, agent: world.agent }
}

test('an entry that is written is a moment; one that was refused is none', async () => {
  const { s, hand, put } = await scene()
  await put(hand.note())
  await put({ ...hand.note(), seq: 99 })
  expect([...s.fates.visits]).toEqual([['moment:note', 1]])
  expect(await s.ledger.switches()).toEqual([])
})

describe('a stop', () => {
  test('ends what it covers', async () => {
    const { s, hand, put, strikes } = await scene('kill')
    await put(hand.note())
    await s.clock.advance(100)
    expect(await s.ledger.switches()).toMatchObject([{ mode: 'end', engaged: true }])
    expect(await s.ledger.switchedRun({ runId: hand.runId })).toMatchObject({ mode: 'end' })
    expect(s.fates.bitten.has(strikes[0] as Strike)).toBe(true)
  })

  test('that holds is released, and the case waits for it', async () => {
    const { s, hand, put, actor } = await scene('hold')
    await put(hand.note())
    await s.clock.advance(100)
    expect(await s.ledger.switchedRun({ runId: hand.runId })).toMatchObject({ mode: 'hold' })
    expect(actor.busy).toBe(true)
    await s.clock.advance(HOUR_MS)
    expect(await s.ledger.switchedRun({ runId: hand.runId })).toBeNull()
    expect(actor.busy).toBe(false)
  })

  test('after all has ended has no effect', async () => {
    const { s, hand, put } = await scene('kill')
    await put(hand.note())
    await hand.must(hand.end())
    await s.clock.advance(100)
    expect(await s.ledger.switches()).toHaveLength(1)
    expect(s.fates.bitten.size).toBe(0)
  })
})

describe('a ceiling that is lowered', () => {
  const charge = (scope: string) => sharedCharge(scope, 40, null, { per: 'day' })

  test('is put below what is used and set aside, and bites when a begin is refused for it', async () => {
    const { s, hand, put, tenant, strikes } = await scene('ceiling_lowered')
    const begin = () => hand.begin({ charges: [charge(`tenant:${tenant}`)] })
    await put(begin())
    await put(hand.note())
    await s.clock.advance(100)
    const [row] = await s.ledger.ceilings()
    expect(row).toMatchObject({ scope: `tenant:${tenant}`, meter: 'usd', per: 'day' })
    expect(row?.limit).toBeLessThan(40)
    expect(s.fates.bitten.size).toBe(0)
    expect((await put(begin())).code).toBe('ceiling')
    expect(s.fates.bitten.has(strikes[0] as Strike)).toBe(true)
  })

  test('is put on the tenant where nothing was counted yet', async () => {
    const { s, hand, put, tenant } = await scene('ceiling_lowered')
    await put(hand.note())
    await s.clock.advance(100)
    expect(await s.ledger.ceilings()).toMatchObject([{ scope: `tenant:${tenant}`, limit: 0 }])
  })

  test("another ceiling's refusal is not its doing", async () => {
    const { s, hand, put } = await scene('ceiling_lowered')
    await put(hand.note())
    await s.clock.advance(100)
    expect((await put(hand.begin({ charges: [sharedCharge('tenant:else', 2, 1)] }))).code).toBe('ceiling')
    expect(s.fates.bitten.size).toBe(0)
  })
})

test('nobody intervenes more than twice in a case', async () => {
  const { s, hand, put } = await scene('hold', 'hold', 'hold', 'hold')
  for (let n = 0; n < 4; n += 1) await put(hand.note())
  expect(s.fates.struck).toHaveLength(2)
})
