import { expect } from 'vitest'
import { clause } from './clause.js'
import { effect, question } from './hand.js'

export const parking = [
  // Waiting costs a row, not a worker.
  clause('a parked run waits without a worker until its due time', async (s) => {
    const hand = await s.held()
    const { at } = await hand.put(hand.park({ waits: 'timer', dueInMs: 5_000 }))
    expect(await s.run(hand.runId)).toMatchObject({ state: 'waiting', waits: 'timer', dueAt: at + 5_000 })
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry).toMatchObject({ kind: 'park', facts: { mailSeen: 0, dueAt: at + 5_000 } })
    const workerId = await s.worker()
    await s.advance(4_999)
    expect(await s.claims(workerId)).toEqual([])
    await s.advance(1)
    expect(await s.claims(workerId)).toEqual([hand.runId])
    expect((await s.run(hand.runId)).waits).toBeNull()
  }),

  // Every wait has a deadline.
  clause('the least of the times it is given counts, the deadline among them', async (s) => {
    const hand = await s.held({ deadlineMs: 100_000 })
    const { deadlineAt } = hand.run
    await hand.must(hand.park({ waits: 'mail' }))
    expect((await s.run(hand.runId)).dueAt).toBe(deadlineAt)
    const second = await s.held({ deadlineMs: 100_000 })
    await second.must(second.park({ dueAt: second.run.deadlineAt + 1 }))
    expect((await s.run(second.runId)).dueAt).toBe(second.run.deadlineAt)
  }),

  // A relative one is for who does not know the ledger's time.
  clause('an absolute due time goes before a relative one', async (s) => {
    const hand = await s.held()
    const dueAt = (await s.ledger.now()) + 9_000
    await hand.must(hand.park({ dueAt, dueInMs: 1 }))
    expect((await s.run(hand.runId)).dueAt).toBe(dueAt)
  }),

  // Else mail that comes while a run parks wakes nobody.
  clause('mail that came after what was seen makes it due at once', async (s) => {
    const hand = await s.held()
    await hand.must(hand.park({ escalations: [question(`${hand.runId}-q`)] }))
    await s.ledger.answer({ id: `${hand.runId}-q`, decision: 'approve', by: 'ann' })
    const again = await s.claim(await s.worker(), hand.runId)
    expect(again.run).toMatchObject({ mailHead: 1, mailSeen: 0 })
    const { at } = await again.put(again.park({ mailSeen: 0, dueInMs: 5_000 }))
    expect((await s.run(hand.runId)).dueAt).toBe(at)
    const third = await s.claim(await s.worker(), hand.runId)
    const seen = await third.put(third.park({ mailSeen: 1, dueInMs: 5_000 }))
    expect(await s.run(hand.runId)).toMatchObject({ dueAt: seen.at + 5_000, mailSeen: 1 })
  }),

  // Nobody would be left to hear its answer.
  clause('a begin that is neither settled nor in doubt keeps a run from parking', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin())
    expect(await hand.put(hand.park({ dueInMs: 1 }))).toMatchObject({ code: 'not_open' })
    await hand.must(hand.doubt(ref))
    await hand.must(hand.park({ dueInMs: 1 }))
    expect((await s.run(hand.runId)).open).toEqual([ref])
  }),

  // Made due while it runs, it would be claimed from a living worker.
  clause('wake makes a waiting run due, and leaves one alone that runs or has ended', async (s) => {
    const hand = await s.held()
    await s.ledger.wake({ runId: hand.runId })
    expect((await s.run(hand.runId)).dueAt).toBeNull()
    await hand.must(hand.park({ dueInMs: 50_000 }))
    await s.ledger.wake({ runId: hand.runId })
    const again = await s.claim(await s.worker(), hand.runId)
    await again.must(again.end())
    await s.ledger.wake({ runId: hand.runId })
    expect((await s.run(hand.runId)).dueAt).toBeNull()
  }),

  // A session's order is given by its numbers, not by who knocks.
  clause('wake does not bring a run of a session forward before its turn', async (s) => {
    await s.admit({ session: 'a' })
    const second = await s.admit({ session: 'a' })
    await s.ledger.wake({ runId: second })
    const run = await s.run(second)
    expect(run.dueAt).toBe(run.deadlineAt)
  }),
]

export const ending = [
  // The outcome is one row and one entry, in one transaction.
  clause('a run ends once, with its outcome', async (s) => {
    const hand = await s.held()
    const { at } = await hand.put(hand.end({ outcome: 'exhausted', detail: 'usd' }))
    expect(await s.run(hand.runId)).toMatchObject({
      ...{ state: 'ended', outcome: 'exhausted', detail: 'usd', endedAt: at, dueAt: null, waits: null },
    })
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry).toMatchObject({ kind: 'end', facts: { outcome: 'exhausted', mailSeen: 0, dueAt: null } })
  }),

  // An outcome with an act still on its way would be a guess.
  clause('a begin that is neither settled nor in doubt keeps a run from ending', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin())
    expect(await hand.put(hand.end())).toMatchObject({ code: 'not_open' })
    expect((await s.run(hand.runId)).state).toBe('running')
  }),

  // The outcome does not settle what the world did.
  clause('a run that ends with open doubts stays claimable for them: when it said, or at once', async (s) => {
    const first = await s.held()
    await first.mustDoubt({})
    const dueAt = (await s.ledger.now()) + 5_000
    await first.must(first.end({ dueAt }))
    expect(await s.run(first.runId)).toMatchObject({ state: 'ended', dueAt })
    const second = await s.held()
    await second.mustDoubt({})
    const { at } = await second.put(second.end({ dueAt: null }))
    expect((await s.run(second.runId)).dueAt).toBe(at)
  }),

  // A final run that came due would be claimed for ever.
  clause('without open doubts it is never due again, whatever it said', async (s) => {
    const hand = await s.held()
    await hand.must(hand.end({ dueAt: (await s.ledger.now()) + 5_000 }))
    expect((await s.run(hand.runId)).dueAt).toBeNull()
  }),

  // Reconciliation holds a run only while it looks.
  clause('an audit gives an ended run back until it is to be looked at again', async (s) => {
    const first = await s.held()
    const ref = await first.mustDoubt({})
    await first.must(first.end())
    const hand = await s.claim(await s.worker(), first.runId)
    const dueAt = (await s.ledger.now()) + 5_000
    await hand.must(hand.audit({ dueAt }))
    expect(await s.run(hand.runId)).toMatchObject({ state: 'ended', outcome: 'completed', dueAt })
    await s.advance(5_000)
    const again = await s.claim(await s.worker(), first.runId)
    await again.must(again.settle(ref, { did: 'failed' }))
    await again.must(again.audit({ dueAt: dueAt + 5_000 }))
    expect(await s.run(hand.runId)).toMatchObject({ dueAt: null, open: [] })
    expect((await s.ledger.journal({ runId: hand.runId })).at(-1)).toMatchObject({ kind: 'audit' })
  }),

  // As at an end: what is open must not be left to nobody.
  clause('an audit with something open that names no time and asks nobody is due at once', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({ effect: effect('k') })
    await hand.must(hand.end({ dueAt: (await s.ledger.now()) + 1_000 }))
    await s.advance(1_000)
    const again = await s.claim(await s.worker(), hand.runId)
    const { at } = await again.put(again.audit())
    expect((await s.run(hand.runId)).dueAt).toBe(at)
    const last = await s.claim(await s.worker(), hand.runId)
    await last.must(last.settle(ref, { saw: { attempt: 1, evidence: 0 } }))
    await last.must(last.audit())
    expect((await s.run(hand.runId)).dueAt).toBeNull()
  }),

  // A person's answer that comes while it is held must not wait for the next look.
  clause('an audit that asks a person is due when the person’s time is over, or mail came', async (s) => {
    const first = await s.held()
    const ref = await first.mustDoubt({})
    await first.must(first.end())
    const hand = await s.claim(await s.worker(), first.runId)
    const id = `${hand.runId}-q`
    const { at } = await hand.put(hand.audit({ escalations: [question(id, { kind: 'doubt' })], mailSeen: 0 }))
    expect((await s.run(hand.runId)).dueAt).toBe(at + 60_000)
    await s.ledger.answer({ id, decision: 'happened', by: 'ann' })
    const again = await s.claim(await s.worker(), first.runId)
    const unseen = await again.put(again.audit({ mailSeen: 0, dueAt: at + 900_000 }))
    expect((await s.run(hand.runId)).dueAt).toBe(unseen.at)
    expect((await s.run(hand.runId)).open).toEqual([ref])
  }),
]
