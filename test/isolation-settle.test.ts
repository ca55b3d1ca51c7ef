import { expect, it } from 'vitest'
import { effect, question, sharedCharge } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { after, asking, kindsOf, stage } from './isolation/stage.js'

const on = stage()

it.each([
  ['performed', 'performed'],
  ['not_performed', 'ok'],
] as const)('settle then begin: a rival for the key that was %s is answered %s', async (did, code) => {
  const [hand, rival] = [await on.scene.held(), await on.scene.held()]
  const ref = await hand.must(hand.begin({ effect: effect('key') }))
  const { first, second, waited } = await on.arena.duel(
    apply(hand.settle(ref, { did })),
    apply(rival.begin({ effect: effect('key') })),
  )
  expect([first.code, second.code, waited]).toEqual(['ok', code, true])
  if (code === 'ok') expect(second.attempt).toBe(2)
  else expect(second.holder).toEqual({ runId: hand.runId, seq: ref + 1 })
})

it('settle then begin: room and locks that are given back are had by the one who waited', async () => {
  const [hand, rival] = [await on.scene.held(), await on.scene.held()]
  const wish = { charges: [sharedCharge(`tenant:${on.scene.tenant}`, 10, 10)], locks: ['order:7'] }
  const ref = await hand.must(hand.begin(wish))
  const { second, waited } = await on.arena.duel(apply(hand.settle(ref, { used: [0] })), apply(rival.begin(wish)))
  expect([second.code, waited]).toEqual(['ok', true])
})

it('settle then begin: the next step of the run waits for the settle before it', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin())
  const { second, waited } = await on.arena.duel(apply(hand.settle(ref)), apply(after(hand.begin())))
  expect([second.code, waited]).toEqual(['ok', true])
})

it('settle then settle: the same op on two connections is counted once', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin({ charges: [sharedCharge(`tenant:${on.scene.tenant}`, 9, 10)] }))
  const settle = hand.settle(ref, { used: [4] })
  const { second, waited } = await on.arena.duel(apply(settle), apply(settle))
  expect([second.code, waited]).toEqual(['already', true])
  const [meter] = await on.scene.ledger.meters({ scope: `tenant:${on.scene.tenant}` })
  expect(meter).toMatchObject({ used: 4, reserved: 0 })
})

it('settle then settle: a begin is settled once, whatever a second settle says', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin({ effect: effect('once') }))
  const { second, waited } = await on.arena.duel(
    apply(hand.settle(ref, { did: 'performed' })),
    apply(after(hand.settle(ref, { did: 'not_performed' }))),
  )
  expect([second.code, waited]).toEqual(['not_open', true])
  const row = await on.scene.ledger.effect({ tenant: on.scene.tenant, tool: 'tool', key: 'once' })
  expect(row?.state).toBe('performed')
})

it('settle then claim: the settle of a worker whose lease ran out stands, and its successor sees it', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin())
  await on.scene.advance(60_000)
  const heir = await on.scene.worker()
  const { first, second, waited } = await on.arena.duel(apply(hand.settle(ref)), (ledger) =>
    ledger.claim({ workerId: heir, limit: 1, runId: hand.runId }),
  )
  expect([first.code, second, waited]).toEqual(['ok', [], false])
  expect((await on.scene.claim(heir, hand.runId)).run.open).toEqual([])
})

it('settle then park: the run parks behind its last settle', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin())
  const { second, waited } = await on.arena.duel(apply(hand.settle(ref)), apply(after(hand.park({ dueInMs: 1_000 }))))
  expect([second.code, waited]).toEqual(['ok', true])
})

it('settle then end: the run ends behind its last settle, with nothing reserved', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin({ locks: ['order:8'] }))
  const { second, waited } = await on.arena.duel(apply(hand.settle(ref)), apply(after(hand.end())))
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim', 'begin', 'settle', 'end'])
})

it('settle then admit: a session takes its next run meanwhile', async () => {
  const hand = await on.scene.held({ session: 's' })
  const ref = await hand.must(hand.begin())
  const next = on.scene.admission({ session: 's' })
  const { second, waited } = await on.arena.duel(apply(hand.settle(ref)), (ledger) => ledger.admit(next))
  expect([second.code, waited]).toEqual(['ok', false])
})

it.each(['fleet', 'run'] as const)('settle then engage: a kill of the %s waits for the receipt', async (kind) => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin({ effect: effect(`receipt-${kind}`) }))
  const scope = kind === 'run' ? `run:${hand.runId}` : kind
  const { first, waited } = await on.arena.duel(apply(hand.settle(ref)), (ledger) =>
    ledger.engage({ scope, mode: 'end', by: 'operator' }),
  )
  expect([first.code, waited]).toEqual(['ok', true])
})

it('settle then answer: a person is heard behind the receipt', async () => {
  const id = `${on.scene.tenant}-question`
  const hand = await asking(on.scene, id)
  const ref = await hand.must(hand.begin())
  const { second, waited } = await on.arena.duel(apply(hand.settle(ref)), (ledger) =>
    ledger.answer({ id, decision: 'deny', by: 'ann' }),
  )
  expect([second.code, waited]).toEqual(['ok', true])
  hand.head += 1
  await hand.must(hand.park({ dueInMs: 60_000, escalations: [question(id, { rung: 1 })] }))
  const [asked] = await on.scene.ledger.escalations({ id })
  expect(asked).toMatchObject({ state: 'answered', decision: 'deny', rung: 0 })
})
