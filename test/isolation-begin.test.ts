import { expect, it } from 'vitest'
import { effect, ownCharge, question, sharedCharge } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { after, asking, kindsOf, stage } from './isolation/stage.js'

const on = stage()

it('begin then begin: the same op on two connections is written once and answered alike', async () => {
  const hand = await on.scene.held()
  const begin = hand.begin({ effect: effect('twin') })
  const { first, second, waited } = await on.arena.duel(apply(begin), apply(begin))
  expect([first.code, second.code, waited]).toEqual(['ok', 'already', true])
  expect([second.actsUntil, second.attempt]).toEqual([first.actsUntil, 1])
  expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim', 'begin'])
})

it('begin then begin: another op of the same seq finds the head moved', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.begin()), apply(hand.begin({ body: '{"say":"other"}' })))
  expect([second.code, waited]).toEqual(['head_moved', true])
})

it.each([
  ['an effect key', { effect: effect('shared') }, 'under_way'],
  ['a tool lock', { locks: ['order:7'] }, 'locked'],
] as const)('begin then begin: two runs that want %s get it one at a time', async (_, wish, code) => {
  const [hand, rival] = [await on.scene.held(), await on.scene.held()]
  const { first, second, waited } = await on.arena.duel(apply(hand.begin(wish)), apply(rival.begin(wish)))
  expect([first.code, second.code, waited]).toEqual(['ok', code, true])
  expect(second.holder).toEqual({ runId: hand.runId, seq: 3 })
})

it('begin then begin: the last room of a meter is given once', async () => {
  const [hand, rival] = [await on.scene.held(), await on.scene.held()]
  const charges = [sharedCharge(`tenant:${on.scene.tenant}`, 6, 10)]
  const { first, second, waited } = await on.arena.duel(apply(hand.begin({ charges })), apply(rival.begin({ charges })))
  expect([first.code, second.code, waited]).toEqual(['ok', 'ceiling', true])
  expect(second.meter).toMatchObject({ used: 0, reserved: 6, amount: 6, limit: 10 })
})

it('begin then begin: two that name one approval are not both granted', async () => {
  const hand = await on.scene.held()
  const id = `${hand.runId}-yes`
  await hand.must(hand.note({ escalations: [question(id)] }))
  await on.scene.ledger.answer({ id, decision: 'approve', by: 'ann' })
  const approval = { id, args: 'args' }
  const begin = (step: string) => hand.begin({ step, effect: effect(`${id}-${step}`), approval })
  const { first, second, waited } = await on.arena.duel(apply(begin('pay#1')), apply(after(begin('pay#2'))))
  expect([first.code, second.code, waited]).toEqual(['ok', 'unapproved', true])
})

it('answer then begin: a begin that waited for the answer is granted under it', async () => {
  const hand = await on.scene.held()
  const id = `${hand.runId}-yes`
  await hand.must(hand.note({ escalations: [question(id)] }))
  const { second, waited } = await on.arena.duel(
    (ledger) => ledger.answer({ id, decision: 'approve', by: 'ann' }),
    apply(hand.begin({ effect: effect(id), approval: { id, args: 'args' } })),
  )
  expect([second.code, waited]).toEqual(['ok', true])
})

it('begin then begin: two runs that share nothing do not wait for each other', async () => {
  const [hand, rival] = [await on.scene.held(), await on.scene.held()]
  const { second, waited } = await on.arena.duel(
    apply(hand.begin({ effect: effect('mine') })),
    apply(rival.begin({ effect: effect('yours') })),
  )
  expect([second.code, waited]).toEqual(['ok', false])
})

it('begin then begin: the same batch in another order meets it at one lock and finds all of it there', async () => {
  const [hand, rival] = [await on.scene.held(), await on.scene.held()]
  const scope = `tenant:${on.scene.tenant}`
  const [usd, steps] = [sharedCharge(scope, 1, 100), sharedCharge(scope, 1, 100, { meter: 'steps' })]
  const begins = [
    hand.begin({ effect: effect('a-1'), locks: ['b', 'a'], charges: [usd, steps] }),
    rival.begin({ effect: effect('a-2'), locks: ['d', 'c'], charges: [steps, usd] }),
  ]
  const { first, second, waited } = await on.arena.duel(
    (ledger) => ledger.apply(begins),
    (ledger) => ledger.apply([...begins].reverse()),
  )
  expect(first.map(({ code }) => code)).toEqual(['ok', 'ok'])
  expect([second.map(({ code }) => code), waited]).toEqual([['already', 'already'], true])
})

it('begin then settle: the settle of an earlier step waits and is written behind', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin({ charges: [ownCharge(5, 10)] }))
  const { second, waited } = await on.arena.duel(
    apply(hand.begin({ charges: [ownCharge(5, 10)] })),
    apply(after(hand.settle(ref, { used: [2] }))),
  )
  expect([second.code, waited]).toEqual(['ok', true])
  expect((await on.scene.run(hand.runId)).meters.usd).toEqual({ used: 2, reserved: 5 })
})

it('begin then claim: a run that is being written to is passed over, then taken with its open begin', async () => {
  const hand = await on.scene.held()
  const heir = await on.scene.worker({ leaseMs: 600_000 })
  const begin = hand.begin({ effect: effect('lapsed') })
  const { first, second, waited } = await on.arena.duel(
    apply(begin),
    (ledger) => ledger.claim({ workerId: heir, limit: 1, runId: hand.runId }),
    () => on.scene.advance(60_000),
  )
  expect([first.code, second, waited]).toEqual(['ok', [], false])
  const taken = await on.scene.claim(heir, hand.runId)
  expect(taken.run.open).toEqual([3])
  expect((await hand.put(begin)).code).toBe('fenced')
})

it('begin then park: a run with an open begin cannot be parked', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.begin()), apply(after(hand.park({ dueInMs: 5 }))))
  expect([second.code, waited]).toEqual(['not_open', true])
})

it('begin then end: a run with an open begin cannot end', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.begin()), apply(after(hand.end())))
  expect([second.code, waited]).toEqual(['not_open', true])
  expect((await on.scene.run(hand.runId)).state).toBe('running')
})

it('begin then admit: a session takes its next run while the present one works', async () => {
  const hand = await on.scene.held({ session: 's' })
  const next = on.scene.admission({ session: 's' })
  const { second, waited } = await on.arena.duel(apply(hand.begin()), (ledger) => ledger.admit(next))
  expect([second.code, waited]).toEqual(['ok', false])
})

it.each(['fleet', 'tenant', 'agent', 'tool', 'session', 'run'] as const)(
  'begin then engage: a kill of the %s comes after the begin that was under way, and before the next one',
  async (kind) => {
    const hand = await on.scene.held({ session: 's' })
    const scope = scopeOfKind(kind, hand.runId)
    const { first, second, waited } = await on.arena.duel(apply(hand.begin({ tool: 'saw' })), (ledger) =>
      ledger.engage({ scope, mode: 'end', by: 'operator' }),
    )
    expect([first.code, waited, second.terminated]).toEqual(['ok', true, 0])
    const begun = (await on.scene.ledger.journal({ runId: hand.runId })).at(-1)
    expect(begun?.epoch).toBeLessThan(second.epoch)
    hand.head += 1
    expect(await hand.put(hand.begin({ tool: 'saw' }))).toMatchObject({ code: 'switched', scope, mode: 'end' })
  },
)

function scopeOfKind(kind: string, runId: string): string {
  const names = { tenant: on.scene.tenant, agent: on.scene.agent, tool: 'saw', run: runId }
  if (kind === 'fleet') return kind
  return kind === 'session' ? `session:${on.scene.tenant}/s` : `${kind}:${names[kind as keyof typeof names]}`
}

it('begin then answer: a person is heard behind the step that is being begun', async () => {
  const id = `${on.scene.tenant}-question`
  const hand = await asking(on.scene, id)
  const { second, waited } = await on.arena.duel(apply(hand.begin()), (ledger) =>
    ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ state: 'running', mailHead: 1, dueAt: null })
  hand.head += 1
  await hand.must(hand.settle(hand.head, { did: 'failed' }))
  await hand.must(hand.park({ dueInMs: 60_000, escalations: [question(id, { rung: 1 })] }))
  expect((await on.scene.run(hand.runId)).dueAt).toBe(await on.scene.ledger.now())
})
