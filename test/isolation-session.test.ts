import { expect, it } from 'vitest'
import type { Admission } from '../src/core/admission.js'
import type { Ledger } from '../src/core/ledger.js'
import type { Hand } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { after, stage } from './isolation/stage.js'

const on = stage()

const admit = (admission: Admission) => (ledger: Ledger) => ledger.admit(admission)

/** The active run of session `s`, in somebody's hands, and a message that is to reach it. */
async function meeting(wish: Partial<Admission> = {}): Promise<{ hand: Hand; message: Admission }> {
  const hand = await on.scene.held({ session: 's' })
  return { hand, message: on.scene.admission({ session: 's', whileBusy: 'steer', ...wish }) }
}

const session = async () => on.scene.ledger.session({ tenant: on.scene.tenant, session: 's' })

it('steer then end: a message that the active run was told of and did not take in has its turn', async () => {
  const { hand, message } = await meeting()
  const { second, waited } = await on.arena.duel(admit(message), apply(hand.end()))
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ state: 'ended', mailHead: 1, mailSeen: 0 })
  expect(await on.scene.claims(await on.scene.worker())).toEqual([message.runId])
})

it('end then steer: a message that meets the end of the active run is worked by itself', async () => {
  const { hand, message } = await meeting()
  const { second, waited } = await on.arena.duel(apply(hand.end()), admit(message))
  expect([second.code, waited]).toEqual(['ok', true])
  expect((await on.scene.run(hand.runId)).mailHead).toBe(0)
  expect(await on.scene.claims(await on.scene.worker())).toEqual([message.runId])
})

it('steer then park: the wake-up is not lost', async () => {
  const { hand, message } = await meeting()
  const { waited } = await on.arena.duel(admit(message), apply(hand.park({ dueInMs: 600_000 })))
  expect(waited).toBe(true)
  expect((await on.scene.run(hand.runId)).dueAt).toBe(await on.scene.ledger.now())
})

it('park then steer: the wake-up is not lost', async () => {
  const { hand, message } = await meeting()
  const { waited } = await on.arena.duel(apply(hand.park({ dueInMs: 600_000 })), admit(message))
  expect(waited).toBe(true)
  expect(await on.scene.run(hand.runId)).toMatchObject({ mailHead: 1, dueAt: await on.scene.ledger.now() })
})

it('steer then absorb of the one before: each note sees what was queued when it had the session', async () => {
  const { hand, message } = await meeting()
  const before = await on.scene.admit({ session: 's', whileBusy: 'steer' })
  const { second } = await on.arena.duel(admit(message), apply(hand.note({ absorbs: [before] })))
  expect(second.code).toBe('ok')
  expect(await session()).toMatchObject({ turnNo: 2, lastNo: 3 })
})

it('replace then begin: nothing begins in a run that is replaced', async () => {
  const { hand, message } = await meeting({ whileBusy: 'replace' })
  const { second, waited } = await on.arena.duel(admit(message), apply(hand.begin()))
  expect([second, waited]).toMatchObject([{ code: 'switched', scope: `run:${hand.runId}`, mode: 'end' }, true])
})

it('begin then replace: what was begun before is settled, and nothing follows it', async () => {
  const { hand, message } = await meeting({ whileBusy: 'replace' })
  const begin = hand.begin()
  const { second, waited } = await on.arena.duel(apply(begin), admit(message))
  expect([second.code, waited]).toEqual(['ok', true])
  hand.head = begin.seq
  await hand.must(hand.settle(begin.seq))
  expect((await hand.put(hand.begin())).code).toBe('switched')
})

it('absorb then kill: a message that was taken in ends with the run that took it', async () => {
  const { hand, message } = await meeting()
  await on.scene.ledger.admit(message)
  const scope = `run:${message.runId}`
  const note = hand.note({ absorbs: [message.runId] })
  const { first, waited } = await on.arena.duel(apply(note), (ledger) =>
    ledger.engage({ scope, mode: 'end', by: 'operator' }),
  )
  expect([first.code, waited]).toEqual(['ok', true])
  hand.head = note.seq
  expect(await on.scene.ledger.sweepSwitched({ limit: 10 })).toBe(0)
  await hand.must(hand.end())
  expect(await on.scene.run(message.runId)).toMatchObject({ workedBy: hand.runId, outcome: 'completed' })
})

it('kill then absorb: a message that was killed is not taken in', async () => {
  const { hand, message } = await meeting()
  await on.scene.ledger.admit(message)
  const scope = `run:${message.runId}`
  const { second, waited } = await on.arena.duel(
    (ledger) => ledger.engage({ scope, mode: 'end', by: 'operator' }),
    apply(hand.note({ absorbs: [message.runId] })),
  )
  expect([second, waited]).toMatchObject([{ code: 'switched', scope }, true])
  expect((await on.scene.run(message.runId)).state).toBe('queued')
})

it('absorb then end: the end knows what was taken in just before', async () => {
  const { hand, message } = await meeting()
  await on.scene.ledger.admit(message)
  const note = hand.note({ absorbs: [message.runId] })
  const { second, waited } = await on.arena.duel(apply(note), apply(after(hand.end())))
  expect([second.code, waited]).toEqual(['ok', true])
  expect(await on.scene.run(message.runId)).toMatchObject({ state: 'ended', outcome: 'completed' })
})

/** Message 2 of session `s` waits for message 1, and has waited for long enough. */
async function gap(): Promise<{ first: Admission; second: Admission }> {
  const [first, second] = [1, 2].map((sequence) => on.scene.admission({ session: 's', sequence, gapMs: 1_000 }))
  if (!first || !second) throw new RangeError('no messages')
  await on.scene.ledger.admit(second)
  await on.scene.advance(1_000)
  return { first, second }
}

it('passGaps then the missing message: it comes too late, and is told so', async () => {
  const { first, second } = await gap()
  const duel = await on.arena.duel((ledger) => ledger.passGaps({ limit: 10 }), admit(first))
  expect([duel.first, duel.second.code, duel.waited]).toEqual([1, 'sequence_passed', true])
  expect(await on.scene.run(second.runId)).toMatchObject({ gap: [1, 1], dueAt: await on.scene.ledger.now() })
})

it('the missing message then passGaps: nothing is given up that has come', async () => {
  const { first, second } = await gap()
  const duel = await on.arena.duel(admit(first), (ledger) => ledger.passGaps({ limit: 10 }))
  expect([duel.first.code, duel.second]).toEqual(['ok', 0])
  expect(await session()).toMatchObject({ active: first.runId, turnNo: 1, gapDueAt: null })
  expect((await on.scene.run(second.runId)).gap).toBeNull()
})

it('close then send: a message that meets the closing is refused', async () => {
  const { message } = await meeting()
  const close = { tenant: on.scene.tenant, session: 's', by: 'ann' }
  const { second, waited } = await on.arena.duel((ledger) => ledger.closeSession(close), admit(message))
  expect([second.code, waited]).toEqual(['closed', true])
})

it('send then close: a message that was accepted is worked', async () => {
  const { hand, message } = await meeting({ whileBusy: 'queue' })
  const close = { tenant: on.scene.tenant, session: 's', by: 'ann' }
  const { first, second, waited } = await on.arena.duel(admit(message), (ledger) => ledger.closeSession(close))
  expect([first.code, second.code, waited]).toEqual(['ok', 'ok', true])
  await hand.must(hand.end())
  expect(await session()).toMatchObject({ active: message.runId, closed: { by: 'ann' } })
})

it('state then end: the end finds the state that was written before', async () => {
  const { hand } = await meeting()
  const note = hand.note({ state: { version: 1, text: '{"n":1}' } })
  const { second, waited } = await on.arena.duel(apply(note), apply(after(hand.end())))
  expect([second.code, waited]).toEqual(['ok', true])
  expect((await session())?.state).toEqual({ version: 1, text: '{"n":1}' })
})

it('end then state: whoever has no turn any more writes nothing', async () => {
  const { hand } = await meeting()
  const state = (n: number) => ({ state: { version: n, text: `{"n":${n}}` } })
  const { second, waited } = await on.arena.duel(apply(hand.end(state(1))), apply(after(hand.note(state(2)))))
  expect([second.code, waited]).toEqual(['fenced', true])
  expect((await session())?.state?.version).toBe(1)
})

it('prune then settle: what comes late for a run that was pruned is no receipt any more', async () => {
  const hand = await on.scene.held()
  const ref = await hand.must(hand.begin())
  await hand.must(hand.settle(ref, { did: 'failed' }))
  await hand.must(hand.end())
  const endedBefore = (await on.scene.ledger.now()) + 1
  const { first, second } = await on.arena.duel(
    (ledger) => ledger.prune({ endedBefore, limit: 1_000 }),
    apply(hand.settle(ref, { did: 'performed' })),
  )
  expect(first).toBeGreaterThan(0)
  expect(second.code).toBe('fenced')
  expect(await on.scene.ledger.evidence({ runId: hand.runId })).toEqual([])
})
