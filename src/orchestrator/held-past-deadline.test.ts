import { expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { flow } from './flow.js'

it('a run that is held past its deadline ends, and is not taken up again and again', async () => {
  const hand = new ByHand()
  const slow = flow({
    name: 'slow',
    version: 1,
    input: z.object({}),
    ceilings: { run: { deadline: '1m' } },
    run: (ctx) => ctx.sleep('50s'),
  })
  const mw = await hand.runtime([slow])
  await hand.ledger.engage({ scope: 'agent:slow', mode: 'hold', by: 'ann' })
  const { id } = await mw.start(slow, { input: {} })
  expect(await hand.outcome(mw, id, 200)).toMatchObject({ status: 'exhausted', meter: 'deadline' })
  expect((await hand.ledger.journal({ runId: id })).length).toBeLessThan(12)
  await hand.stop()
})
