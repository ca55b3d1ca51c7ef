import { beforeEach, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { type Hand, question } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { asking, stage } from './isolation/stage.js'

const on = stage()
let id: string
/** A run at work whose question is still open. */
let hand: Hand

beforeEach(async () => {
  id = `${on.scene.tenant}-question`
  hand = await asking(on.scene, id)
})

const approve = (ledger: Ledger) => ledger.answer({ id, decision: 'approve', by: 'ann' })

it('answer then begin: the run goes on behind the answer', async () => {
  const { second, waited } = await on.arena.duel(approve, apply(hand.begin()))
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ state: 'running', dueAt: null, mailHead: 1 })
})

it('answer then settle: the receipt is taken behind the answer', async () => {
  const ref = await hand.must(hand.begin())
  const { second, waited } = await on.arena.duel(approve, apply(hand.settle(ref)))
  expect([second.code, waited]).toEqual(['ok', true])
})

it('answer then claim: the run that is being woken is passed over, then had with its mail', async () => {
  await hand.must(hand.park({ dueInMs: 0, escalations: [question(id)] }))
  const heir = await on.scene.worker()
  const { second, waited } = await on.arena.duel(approve, (ledger) => ledger.claim({ workerId: heir, limit: 10 }))
  expect([second, waited]).toEqual([[], false])
  expect((await on.scene.claim(heir, hand.runId)).run).toMatchObject({ mailHead: 1, mailSeen: 0 })
})

it('answer then park: a run that did not see the answer is due at once, and its question is not asked again', async () => {
  const { second, waited } = await on.arena.duel(
    approve,
    apply(hand.park({ dueInMs: 600_000, mailSeen: 0, escalations: [question(id, { rung: 1 })] })),
  )
  expect([second.code, waited]).toEqual(['ok', true])
  expect((await on.scene.run(hand.runId)).dueAt).toBe(await on.scene.ledger.now())
  const [asked] = await on.scene.ledger.escalations({ id })
  expect(asked).toMatchObject({ state: 'answered', decision: 'approve', rung: 0 })
})

it('answer then end: the run ends, and what was answered stays answered', async () => {
  const { second, waited } = await on.arena.duel(approve, apply(hand.end()))
  expect([second.code, waited]).toEqual(['ok', true])
  const [asked] = await on.scene.ledger.escalations({ id })
  expect(asked).toMatchObject({ state: 'answered', decision: 'approve' })
})

it('answer then admit: a new run is not held up', async () => {
  const { second, waited } = await on.arena.duel(approve, (ledger) => ledger.admit(on.scene.admission()))
  expect([second.code, waited]).toEqual(['ok', false])
})

it.each(['run', 'tenant'] as const)(
  'answer then engage: a kill of the %s stops what the answer has set going',
  async (kind) => {
    const scope = kind === 'run' ? `run:${hand.runId}` : `tenant:${on.scene.tenant}`
    const { waited } = await on.arena.duel(approve, (ledger) => ledger.engage({ scope, mode: 'end', by: 'operator' }))
    expect(waited).toBe(kind === 'run')
    expect(await hand.put(hand.begin())).toMatchObject({ code: 'switched', scope })
  },
)

it('answer then answer: two people who answer at once are not both heard', async () => {
  const { first, second, waited } = await on.arena.duel(approve, (ledger) =>
    ledger.answer({ id, decision: 'deny', by: 'bob' }),
  )
  expect([first.code, second, waited]).toEqual(['ok', { code: 'closed', state: 'answered' }, true])
  expect(await on.scene.ledger.mail({ runId: hand.runId, after: 0 })).toHaveLength(1)
})

it.each([
  ['ann', 'same_person', 0],
  ['bob', 'ok', 1],
])(
  'answer then answer: of two the first is counted once, and %s at the same moment hears %s',
  async (by, code, heard) => {
    const two = `${id}-two`
    await hand.must(hand.note({ escalations: [question(two, { people: 2 })] }))
    const { first, second, waited } = await on.arena.duel(
      (ledger) => ledger.answer({ id: two, decision: 'approve', by: 'ann' }),
      (ledger) => ledger.answer({ id: two, decision: 'approve', by }),
    )
    expect([first, second.code, waited]).toEqual([{ code: 'ok', missing: 1 }, code, true])
    expect(await on.scene.ledger.mail({ runId: hand.runId, after: 0 })).toHaveLength(heard)
    expect((await on.scene.ledger.escalations({ id: two }))[0]).toMatchObject({ first: { by: 'ann' } })
  },
)
