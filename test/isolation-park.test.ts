import { expect, it } from 'vitest'
import { effect, question } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { after, asking, kindsOf, stage } from './isolation/stage.js'

const on = stage()

it('park then begin: a run that was given back begins nothing', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.park({ dueInMs: 1_000 })), apply(after(hand.begin())))
  expect([second.code, waited]).toEqual(['fenced', true])
})

it('park then settle: the receipt of a doubt that was left open becomes evidence, and the run due', async () => {
  const hand = await on.scene.held()
  const ref = await hand.mustDoubt({ effect: effect('doubtful') })
  const { second, waited } = await on.arena.duel(
    apply(hand.park({ dueInMs: 600_000 })),
    apply(after(hand.settle(ref, { saw: { attempt: 1, evidence: 0 } }))),
  )
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await on.scene.ledger.evidence({ runId: hand.runId })).toMatchObject([{ ref, did: 'performed' }])
  expect(await on.scene.run(hand.runId)).toMatchObject({ state: 'waiting', dueAt: await on.scene.ledger.now() })
})

it('park then claim: a run that is being parked is passed over, then had', async () => {
  const hand = await on.scene.held()
  const heir = await on.scene.worker()
  const { second, waited } = await on.arena.duel(apply(hand.park({ dueInMs: 0 })), (ledger) =>
    ledger.claim({ workerId: heir, limit: 10 }),
  )
  expect([second, waited]).toEqual([[], false])
  expect(await on.scene.claims(heir)).toEqual([hand.runId])
})

it('park then park: the same op on two connections is written once', async () => {
  const hand = await on.scene.held()
  const park = hand.park({ dueInMs: 1_000 })
  const { second, waited } = await on.arena.duel(apply(park), apply(park))
  // The run is in nobody's hands any more: there is nothing to go on with.
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim', 'park'])
})

it('park then end: a run that was given back does not end', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.park({ dueInMs: 1_000 })), apply(after(hand.end())))
  expect([second.code, waited]).toEqual(['fenced', true])
  expect((await on.scene.run(hand.runId)).state).toBe('waiting')
})

it('park then admit: the next run of a session waits for its turn while the present one sleeps', async () => {
  const hand = await on.scene.held({ session: 's' })
  const next = on.scene.admission({ session: 's' })
  const { second, waited } = await on.arena.duel(apply(hand.park({ dueInMs: 1_000 })), (ledger) => ledger.admit(next))
  expect([second.code, waited]).toEqual(['ok', false])
  expect((await on.scene.run(next.runId)).dueAt).toBe((await on.scene.run(next.runId)).deadlineAt)
})

it.each(['run', 'tenant'] as const)(
  'park then engage: a kill of the %s reaches the run that has just gone to sleep',
  async (kind) => {
    const hand = await on.scene.held()
    const scope = kind === 'run' ? `run:${hand.runId}` : `tenant:${on.scene.tenant}`
    const { first, waited } = await on.arena.duel(apply(hand.park({ dueInMs: 600_000 })), (ledger) =>
      ledger.engage({ scope, mode: 'end', by: 'operator' }),
    )
    expect([first.code, waited]).toEqual(['ok', true])
    expect(await on.scene.ledger.sweepSwitched({ limit: 10 })).toBe(1)
    const [claimed] = await on.scene.ledger.claim({ workerId: await on.scene.worker(), limit: 1, runId: hand.runId })
    expect(claimed?.switched).toMatchObject({ scope, mode: 'end' })
  },
)

it('park then answer: an answer to a question that is being handed to the next rung wakes the run', async () => {
  const id = `${on.scene.tenant}-question`
  const hand = await asking(on.scene, id)
  const { second, waited } = await on.arena.duel(
    apply(hand.park({ dueInMs: 600_000, escalations: [question(id, { rung: 1 })] })),
    (ledger) => ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({
    state: 'waiting',
    mailHead: 1,
    dueAt: await on.scene.ledger.now(),
  })
})

it('park then answer: a question that is not committed yet is unknown to all', async () => {
  const id = `${on.scene.tenant}-question`
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(
    apply(hand.park({ dueInMs: 600_000, escalations: [question(id)] })),
    (ledger) => ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([second.code, waited]).toEqual(['unknown', false])
})
