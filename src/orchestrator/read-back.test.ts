import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { type Found, tool } from '../tools/tool.js'
import { flow } from './flow.js'

let hand: ByHand
/** What each look finds, from the first; the last one stays. */
let finds: readonly (Found<unknown> | Error)[]
let calls: string[]
beforeEach(() => {
  hand = new ByHand()
  finds = [{ did: 'not_happen' }]
  calls = []
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

/** Says each time that it acted. */
const says = (readBack: boolean) =>
  tool({
    ...{ name: 'pay', description: 'Pays.', input: z.object({}), timeout: '10s', settles: '5s', attempts: 2 },
    effect: 'checked',
    readBack,
    check: async () => {
      const found = finds[Math.min(calls.filter((one) => one === 'check').length, finds.length - 1)]
      calls.push('check')
      if (found instanceof Error || found === undefined) throw found
      return found as never
    },
    execute: async () => ({ no: calls.push('pay') }),
  })

async function started(readBack = true) {
  const pay = says(readBack)
  const f = flow({ name: 'f', version: 1, input: z.object({}), run: (ctx) => ctx.try.tool(pay, {}) })
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  const outcome = async () => (await hand.outcome<{ status: string }>(mw, id)) as { output?: { status: string } }
  return { id, outcome }
}

const doubts = async (id: string) =>
  (await hand.ledger.journal({ runId: id })).filter(({ kind }) => kind === 'doubt').map(({ body }) => body ?? '')

describe('a tool that is read back', () => {
  it('has done what it says once its check finds that; no doubt comes of it', async () => {
    finds = [{ did: 'happen', result: { seen: true } }]
    const { id, outcome } = await started()
    expect((await outcome()).output).toEqual({ status: 'completed', output: { no: 1 } })
    expect([calls, await doubts(id)]).toEqual([['pay', 'check'], []])
  })

  it('is in doubt where nothing is found, and done where it is found later', async () => {
    finds = [{ did: 'not_happen' }, { did: 'happen', result: { seen: true } }]
    const { id, outcome } = await started()
    expect((await outcome()).output).toEqual({ status: 'completed', output: { seen: true } })
    expect(calls).toEqual(['pay', 'check', 'check'])
    expect(await doubts(id)).toEqual([expect.stringContaining('"why":"read_back"')])
  })

  it('is a person’s to judge where nothing is found when it can no longer be acting; it is not sent again by itself', async () => {
    const { id, outcome } = await started()
    const question = await hand.question(id)
    const [asked] = await hand.ledger.escalations({ id: question })
    expect(asked).toMatchObject({ kind: 'doubt', show: expect.stringContaining('is not found. Did it happen?') })
    expect(calls).toEqual(['pay', 'check', 'check'])
    finds = [{ did: 'happen', result: { seen: true } }]
    await hand.ledger.answer({ id: question, decision: 'not_happened', by: 'fay' })
    expect((await outcome()).output).toEqual({ status: 'completed', output: { no: 4 } })
    expect(calls.filter((one) => one === 'pay')).toHaveLength(2)
  })

  it.each([{ did: 'unknown' } as const, new Error('socket hang up')])(
    'is asked again, and then a person is, where its check cannot tell: %s',
    async (found) => {
      finds = [found]
      const { id, outcome } = await started()
      const question = await hand.question(id)
      await hand.ledger.answer({ id: question, decision: 'happened', by: 'fay', result: '{"no":1}' })
      expect((await outcome()).output).toEqual({ status: 'completed', output: { no: 1 } })
      expect(calls.filter((one) => one === 'pay')).toHaveLength(1)
      expect(calls.length).toBeGreaterThan(3)
    },
  )

  it('is not, unless it asks for that', async () => {
    const { outcome } = await started(false)
    expect((await outcome()).output).toEqual({ status: 'completed', output: { no: 1 } })
    expect(calls).toEqual(['pay'])
  })
})
