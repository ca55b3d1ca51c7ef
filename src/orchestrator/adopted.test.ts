import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { fault } from '../tools/fault.js'
import { type Found, tool } from '../tools/tool.js'
import { flow } from './flow.js'

const DAY_MS = 86_400_000

let hand: ByHand
let sent: number
let finds: () => Promise<Found<{ on: string }>>
beforeEach(() => {
  hand = new ByHand()
  sent = 0
  finds = async () => ({ did: 'unknown' })
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

/** Its first answer is lost. */
const act = tool({
  ...{ name: 'act', description: 'Acts.', input: z.object({ on: z.string() }), timeout: '10s', effect: 'checked' },
  key: ({ on }) => on,
  check: () => finds(),
  execute: async ({ on }) => {
    sent += 1
    if (sent === 1) throw new Error('connection reset')
    return { on }
  },
})
const acting = flow({
  ...{ name: 'f', version: 1, input: z.object({}), ceilings: { run: { deadline: '10d' } } },
  run: (ctx) => ctx.try.tool(act, { on: 'x' }),
})

/** Leaves a doubt to whoever wants the same, and gives the run that does. */
async function heir(failpoint: (name: string) => Promise<void> = async () => undefined) {
  const mw = await hand.runtime([acting], { failpoint })
  const { id: before } = await mw.start(acting, { input: {} })
  await hand.question(before)
  hand.skip(DAY_MS)
  expect((await hand.outcome(mw, before)).status).toBe('handed_over')
  return { mw, start: async () => (await mw.start(acting, { input: {} })).id }
}

it('a doubt that is taken over by a worker that is too late stays one: nothing is sent before its check', async () => {
  let late = 0
  const { mw, start } = await heir(async (name) => {
    // Stopped between the begin and the call, once there is a doubt to take over.
    if (name !== 'before_effect' || sent === 0 || late > 0) return
    late += 1
    await hand.clock.sleep(11_000)
  })
  finds = async () => ({ did: 'happen', result: { on: 'found' } })
  expect(await hand.outcome(mw, await start())).toMatchObject({ output: { output: { on: 'found' } } })
  expect([late, sent]).toEqual([1, 1])
})

it.each([
  ['throws', () => Promise.reject(new Error('away'))],
  ['says that it cannot be asked now', () => Promise.reject(fault.notPerformed('busy'))],
])('so it does when the check %s at first', async (_, first) => {
  const { mw, start } = await heir()
  let asked = 0
  finds = async () => {
    asked += 1
    return asked === 1 ? first() : { did: 'happen', result: { on: 'found' } }
  }
  expect(await hand.outcome(mw, await start())).toMatchObject({ output: { output: { on: 'found' } } })
  expect([asked > 1, sent]).toEqual([true, 1])
})

it('what the check did not find is sent again', async () => {
  const { mw, start } = await heir()
  finds = async () => ({ did: 'not_happen' })
  expect(await hand.outcome(mw, await start())).toMatchObject({ output: { output: { on: 'x' } } })
  expect(sent).toBe(2)
})
