import { expect, it } from 'vitest'
import type { Admission } from '../src/core/admission.js'
import type { Ledger } from '../src/core/ledger.js'
import type { Op } from '../src/core/ops.js'
import { apply } from './isolation/arena.js'
import { asking, stage } from './isolation/stage.js'

const on = stage()

const admit = (admission: Admission) => (ledger: Ledger) => ledger.admit(admission)

it.each(['begin', 'park'] as const)('admit then %s: the run at work in the session is not held up', async (kind) => {
  const hand = await on.scene.held({ session: 's' })
  const op: Op = kind === 'begin' ? hand.begin() : hand.park({ dueInMs: 1_000 })
  const { second, waited } = await on.arena.duel(admit(on.scene.admission({ session: 's' })), apply(op))
  expect([second.code, waited]).toEqual(['ok', false])
})

it('admit then settle: the run at work in the session is not held up', async () => {
  const hand = await on.scene.held({ session: 's' })
  const ref = await hand.must(hand.begin())
  const { second, waited } = await on.arena.duel(admit(on.scene.admission({ session: 's' })), apply(hand.settle(ref)))
  expect([second.code, waited]).toEqual(['ok', false])
})

it('admit then claim: a run that is not committed yet is nobody’s', async () => {
  const next = on.scene.admission()
  const worker = await on.scene.worker()
  const { second, waited } = await on.arena.duel(admit(next), (ledger) => ledger.claim({ workerId: worker, limit: 10 }))
  expect([second, waited]).toEqual([[], false])
  expect(await on.scene.claims(worker)).toEqual([next.runId])
})

it('admit then end: a run that ends hands its session to the one that is just being admitted', async () => {
  const hand = await on.scene.held({ session: 's' })
  const next = on.scene.admission({ session: 's' })
  const { second, waited } = await on.arena.duel(admit(next), apply(hand.end()))
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(next.runId)).toMatchObject({ state: 'queued', dueAt: await on.scene.ledger.now() })
})

it('admit then admit: two messages of one session are numbered and worked in order', async () => {
  const [one, two] = [on.scene.admission({ session: 's' }), on.scene.admission({ session: 's' })]
  const { second, waited } = await on.arena.duel(admit(one), admit(two))
  expect([second.code, waited]).toEqual(['ok', true])
  expect((await on.scene.run(one.runId)).sessionNo).toBe(1)
  expect((await on.scene.run(two.runId)).sessionNo).toBe(2)
  expect(await on.scene.claims(await on.scene.worker())).toEqual([one.runId])
})

it.each([
  ['the same input', 'one', 'existing'],
  ['another input', 'two', 'conflict'],
] as const)('admit then admit: the same key with %s makes one run', async (_, inputDigest, code) => {
  const one = on.scene.admission({ key: 'order-7' })
  const two = on.scene.admission({ key: 'order-7', inputDigest })
  const { second, waited } = await on.arena.duel(admit(one), admit(two))
  expect([second, waited]).toEqual([{ code, runId: one.runId }, true])
})

it('admit then admit: a message sent twice takes one number of its session', async () => {
  const one = on.scene.admission({ key: 'mail-1', session: 's' })
  const twin = on.scene.admission({ key: 'mail-1', session: 's' })
  const { second } = await on.arena.duel(admit(one), admit(twin))
  expect(second).toEqual({ code: 'existing', runId: one.runId })
  const three = on.scene.admission({ session: 's' })
  await on.scene.ledger.admit(three)
  expect((await on.scene.run(three.runId)).sessionNo).toBe(2)
})

it.each(['session', 'tenant', 'fleet'] as const)(
  'admit then engage: a run admitted while the %s is killed begins nothing',
  async (kind) => {
    const next = on.scene.admission({ session: 's' })
    const { tenant } = on.scene
    const scope = { session: `session:${tenant}/s`, tenant: `tenant:${tenant}`, fleet: 'fleet' }[kind]
    await on.arena.duel(admit(next), (ledger) => ledger.engage({ scope, mode: 'end', by: 'operator' }))
    const [claimed] = await on.scene.ledger.claim({ workerId: await on.scene.worker(), limit: 1, runId: next.runId })
    expect(claimed?.switched).toMatchObject({ scope, mode: 'end' })
    const begin = { fence: claimed?.run.fence ?? 0, seq: (claimed?.run.headSeq ?? 0) + 1 }
    const op = { ...(await on.scene.held()).begin(), ...begin, runId: next.runId }
    expect(await apply(op)(on.scene.ledger)).toMatchObject({ code: 'switched', scope })
  },
)

it('admit then answer: a person of the same session’s run is heard at once', async () => {
  const id = `${on.scene.tenant}-question`
  await asking(on.scene, id)
  const { second, waited } = await on.arena.duel(admit(on.scene.admission()), (ledger) =>
    ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([second.code, waited]).toEqual(['ok', false])
})

it('admit then admit: the last place of a bounded queue is one run’s, and the other is told so', async () => {
  await on.scene.ledger.queues.setBound({ scope: `queue:${on.scene.queue}`, max: 1, by: 'ann' })
  const [one, two] = [on.scene.admission(), on.scene.admission()]
  const { second, waited } = await on.arena.duel(admit(one), admit(two))
  expect([second.code, waited]).toEqual(['overloaded', true])
  expect(await on.scene.ledger.run({ runId: two.runId })).toBeNull()
})

it('admit then claim: work that is taken up does not wait for those who come', async () => {
  await on.scene.ledger.queues.setBound({ scope: `queue:${on.scene.queue}`, max: 3, by: 'ann' })
  const first = await on.scene.admit()
  const worker = await on.scene.worker()
  const { second, waited } = await on.arena.duel(admit(on.scene.admission()), (ledger) =>
    ledger.claim({ workerId: worker, limit: 10 }),
  )
  expect([second.map(({ run }) => run.runId), waited]).toEqual([[first], false])
})

it('claim then admit: a place is free once its run is taken up, and not before', async () => {
  await on.scene.ledger.queues.setBound({ scope: `queue:${on.scene.queue}`, max: 1, by: 'ann' })
  const runId = await on.scene.admit()
  const worker = await on.scene.worker()
  const claim = (ledger: Ledger) => ledger.claim({ workerId: worker, limit: 1, runId })
  const { second, waited } = await on.arena.duel(claim, admit(on.scene.admission()))
  expect([second.code, waited]).toEqual(['overloaded', false])
  expect((await on.scene.ledger.admit(on.scene.admission())).code).toBe('ok')
})

it('admit then claim: what is shed is not taken up, and holds no worker up', async () => {
  await on.scene.ledger.queues.setBound({ scope: `queue:${on.scene.queue}`, max: 1, by: 'ann' })
  const low = await on.scene.admit({ priority: 'low' })
  const worker = await on.scene.worker()
  const urgent = on.scene.admission({ priority: 'high' })
  const { first, second } = await on.arena.duel(admit(urgent), (ledger) =>
    ledger.claim({ workerId: worker, limit: 10 }),
  )
  expect([first.shed, second]).toEqual([[low], []])
  expect(await on.scene.claims(worker)).toEqual([urgent.runId])
})
