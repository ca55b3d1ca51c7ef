import { expect, it } from 'vitest'
import { rehearsal } from '../../examples/refund-desk/rehearsal.js'
import { play } from '../../src/rehearse/play.js'

it('a worker that heard the time late does not come back before the provider said', async () => {
  const strikes = [
    { fault: 'message_late', place: 'message:0#1' },
    { fault: 'answer_lost', place: 'answer:ceilings#1' },
    { fault: 'crash', place: 'answer:switches#3' },
    { fault: 'stall', place: 'answer:apply:settle+begin#2' },
    { fault: 'crash', place: 'point:before_effect#4' },
    { fault: 'answer_lost', place: 'answer:register#4' },
  ] as const
  expect(await play(rehearsal, { story: 'storm 1', seed: 229, strikes })).toMatchObject({ ok: true, broken: [] })
})
