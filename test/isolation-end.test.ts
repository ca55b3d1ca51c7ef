import { expect, it } from 'vitest'
import { effect, question } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { after, asking, kindsOf, stage } from './isolation/stage.js'

const on = stage()

it('end then begin: nothing begins after the end', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.end()), apply(after(hand.begin())))
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim', 'end'])
})

it('end then settle: the receipt of a doubt that outlived its run becomes evidence, and the run due for it', async () => {
  const hand = await on.scene.held()
  const ref = await hand.mustDoubt({ effect: effect('outlived') })
  const now = await on.scene.ledger.now()
  const { second, waited } = await on.arena.duel(
    apply(hand.end({ outcome: 'failed', dueAt: now + 600_000 })),
    apply(after(hand.settle(ref, { saw: { attempt: 1, evidence: 0 } }))),
  )
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ state: 'ended', open: [ref], dueAt: now, mailHead: 1 })
})

it('end then claim: a run that has just ended is nobody’s any more', async () => {
  const hand = await on.scene.held()
  await on.scene.advance(60_000)
  const heir = await on.scene.worker()
  const claim = { workerId: heir, limit: 1, runId: hand.runId }
  const { first, second, waited } = await on.arena.duel(apply(hand.end()), (ledger) => ledger.claim(claim))
  expect([first.code, second, waited]).toEqual(['ok', [], false])
  expect(await on.scene.ledger.claim(claim)).toEqual([])
})

it('end then park: a run that has ended does not sleep', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(apply(hand.end()), apply(after(hand.park({ dueInMs: 5 }))))
  expect([second.code, waited]).toEqual(['fenced', true])
  expect((await on.scene.run(hand.runId)).state).toBe('ended')
})

it('end then end: there is one outcome', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(
    apply(hand.end({ outcome: 'completed' })),
    apply(hand.end({ outcome: 'failed', detail: 'late' })),
  )
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ outcome: 'completed', detail: '' })
})

it('end then admit: a message that comes while its session’s run ends is worked by the next run at once', async () => {
  const hand = await on.scene.held({ session: 's' })
  const next = on.scene.admission({ session: 's' })
  const { second, waited } = await on.arena.duel(apply(hand.end()), (ledger) => ledger.admit(next))
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(next.runId)).toMatchObject({ sessionNo: 2, dueAt: await on.scene.ledger.now() })
  expect(await on.scene.claims(await on.scene.worker())).toEqual([next.runId])
})

it.each(['run', 'session', 'tenant'] as const)(
  'end then engage: a kill of the %s finds the run ended',
  async (kind) => {
    const hand = await on.scene.held({ session: 's' })
    const { tenant } = on.scene
    const scope = { run: `run:${hand.runId}`, session: `session:${tenant}/s`, tenant: `tenant:${tenant}` }[kind]
    const { first, waited } = await on.arena.duel(apply(hand.end()), (ledger) =>
      ledger.engage({ scope, mode: 'end', by: 'operator' }),
    )
    expect([first.code, waited]).toEqual(['ok', true])
    expect(await on.scene.ledger.sweepSwitched({ limit: 10 })).toBe(0)
    expect((await on.scene.run(hand.runId)).outcome).toBe('completed')
  },
)

it('end then answer: a question whose run has ended is void', async () => {
  const id = `${on.scene.tenant}-question`
  const hand = await asking(on.scene, id)
  const { second, waited } = await on.arena.duel(apply(hand.end()), (ledger) =>
    ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([second, waited]).toEqual([{ code: 'closed', state: 'void' }, true])
})

it('end then answer: the question of a doubt that outlived its run is still taken', async () => {
  const id = `${on.scene.tenant}-doubt`
  const hand = await on.scene.held()
  const ref = await hand.mustDoubt({ effect: effect('asked', { args: 'digest' }) })
  await hand.must(hand.park({ dueInMs: 0, escalations: [question(id, { kind: 'doubt', args: 'digest' })] }))
  const again = await on.scene.claim(await on.scene.worker(), hand.runId)
  const dueAt = (await on.scene.ledger.now()) + 600_000
  const { second, waited } = await on.arena.duel(apply(again.end({ dueAt })), (ledger) =>
    ledger.answer({ id, decision: 'happened', by: 'ann', result: '{}' }),
  )
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ open: [ref], mailHead: 1, dueAt: await on.scene.ledger.now() })
})
