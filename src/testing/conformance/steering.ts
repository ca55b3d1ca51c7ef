import { expect } from 'vitest'
import { childOf } from './children.js'
import { clause } from './clause.js'
import type { Hand } from './hand.js'
import type { Scene } from './scene.js'
import { sessionOf } from './sessions.js'

/** A message to the session `a` that is to reach the run at work. */
function steer(s: Scene, wish: Parameters<Scene['admit']>[0] = {}): Promise<string> {
  return s.admit({ session: 'a', whileBusy: 'steer', ...wish })
}

/** Run ids that a run was told of. */
async function told(hand: Hand): Promise<string[]> {
  const mail = await hand.ledger.mail({ runId: hand.runId, after: 0 })
  return mail.filter(({ kind }) => kind === 'message').map(({ body }) => JSON.parse(body).run)
}

export const busy = [
  // The sender decides: it may as well ask later.
  clause('a message that is refused while a run is active leaves nothing', async (s) => {
    const hand = await s.held({ session: 'a' })
    const refused = s.admission({ session: 'a', whileBusy: 'refuse' })
    expect(await s.ledger.admit(refused)).toEqual({ code: 'busy', runId: hand.runId })
    expect(await s.ledger.run({ runId: refused.runId })).toBeNull()
    expect((await sessionOf(s)).lastNo).toBe(1)
    await hand.must(hand.end())
    expect((await s.ledger.admit(refused)).code).toBe('ok')
  }),

  // It is accepted whatever the active run does with it.
  clause('a steering message is queued, and the active run is told', async (s) => {
    const hand = await s.held({ session: 'a' })
    const heard = await s.listen()
    const second = await steer(s)
    await heard('mail', hand.runId)
    expect(await s.run(second)).toMatchObject({ state: 'queued', sessionNo: 2, workedBy: null })
    expect(await told(hand)).toEqual([second])
    expect((await s.run(hand.runId)).dueAt).toBeNull()
  }),

  // Else the lost wake-up of a message would be that of every answer too.
  clause('a steering message makes a waiting run due', async (s) => {
    const hand = await s.held({ session: 'a' })
    await hand.must(hand.park({ dueInMs: 600_000 }))
    await steer(s)
    expect((await s.run(hand.runId)).dueAt).toBe(await s.ledger.now())
  }),

  clause('without an active run, or with one of another agent, a steering message is like any other', async (s) => {
    const first = await s.run(await steer(s))
    expect([first.dueAt, first.mailHead]).toEqual([first.createdAt, 0])
    const second = await s.run(await steer(s, { agent: `${s.agent}-2` }))
    expect(second.dueAt).toBe(second.deadlineAt)
    expect((await s.run(first.runId)).mailHead).toBe(0)
  }),

  // The question was to whoever writes now.
  clause(
    'a run that waits for its requester hears of the next message, also of one that would be refused',
    async (s) => {
      const hand = await s.held({ session: 'a' })
      await hand.must(hand.park({ waits: 'requester:q', dueInMs: 600_000 }))
      const ids = [await s.admit({ session: 'a' }), await s.admit({ session: 'a', whileBusy: 'refuse' })]
      expect(await told(hand)).toEqual(ids)
      expect((await s.run(hand.runId)).dueAt).toBe(await s.ledger.now())
    },
  ),

  // It has to be taken in before the answer, or the answer cannot be.
  clause('with the answer the run hears of what was queued before it, and of each once', async (s) => {
    const hand = await s.held({ session: 'a' })
    const ids = [await s.admit({ session: 'a' })]
    await hand.must(hand.park({ waits: 'requester:q', dueInMs: 600_000 }))
    ids.push(await s.admit({ session: 'a' }), await s.admit({ session: 'a' }))
    expect(await told(hand)).toEqual(ids)
    const again = await s.claim(await s.worker(), hand.runId)
    await again.must(again.note({ absorbs: ids }))
  }),

  // What the first one confirmed must not be done again by the one that follows.
  clause('a replacing message ends what is before it, and goes on with its lineage', async (s) => {
    const hand = await s.held({ session: 'a' })
    const queued = await s.admit({ session: 'a' })
    const other = await s.admit({ session: 'a', agent: `${s.agent}-2` })
    const runId = await s.admit({ session: 'a', whileBusy: 'replace', key: 'k' })
    expect(await s.run(runId)).toMatchObject({ origin: hand.runId, sessionNo: 4, state: 'queued' })
    const switched = await Promise.all([hand.runId, queued].map((id) => s.ledger.switchedRun({ runId: id })))
    expect(switched).toEqual([hand.runId, queued].map((id) => ({ scope: `run:${id}`, mode: 'end', by: 'message:k' })))
    expect(await s.ledger.switchedRun({ runId: other })).toBeNull()
    expect((await hand.put(hand.begin())).code).toBe('switched')
    await hand.must(hand.end({ outcome: 'killed' }))
    expect((await sessionOf(s)).active).toBe(queued)
  }),

  clause('a replacing message makes a waiting run due, so that it ends', async (s) => {
    const hand = await s.held({ session: 'a' })
    await hand.must(hand.park({ waits: 'requester:q', dueInMs: 600_000 }))
    await s.admit({ session: 'a', whileBusy: 'replace' })
    expect(await s.run(hand.runId)).toMatchObject({ mailHead: 0, dueAt: await s.ledger.now() })
  }),

  // Agents that share a session do not end each other.
  clause('a message does not replace a run of another agent', async (s) => {
    const first = await s.admit({ session: 'a', agent: `${s.agent}-2` })
    const second = await s.admit({ session: 'a', whileBusy: 'replace' })
    expect(await s.ledger.switchedRun({ runId: first })).toBeNull()
    expect(await s.run(second)).toMatchObject({ origin: second })
  }),
]

export const absorbing = [
  // One message, one run that works it, one outcome.
  clause('a message that the active run takes in waits for its end, and ends with it', async (s) => {
    const hand = await s.held({ session: 'a' })
    const [second, third] = [await steer(s), await steer(s)]
    await hand.must(hand.note({ absorbs: [second, third] }))
    expect(await s.run(second)).toMatchObject({
      ...{ state: 'waiting', waits: `worked_by:${hand.runId}`, workedBy: hand.runId, dueAt: null, headSeq: 2 },
    })
    expect((await sessionOf(s)).turnNo).toBe(3)
    const end = hand.end({ outcome: 'refused', detail: 'policy', mailSeen: 2 })
    const { at } = await hand.put(end)
    const ended = { state: 'ended', outcome: 'refused', detail: 'policy', endedAt: at, waits: null, dueAt: null }
    expect(await s.run(third)).toMatchObject({ ...ended, workedBy: hand.runId })
    const journal = await s.ledger.journal({ runId: second })
    expect(journal.map(({ kind, facts }) => [kind, facts.workedBy])).toEqual([
      ...[['admit', undefined] as const, ['park', hand.runId] as const, ['end', hand.runId] as const],
    ])
    expect(journal.at(-1)).toMatchObject({ body: end.body, fence: 0, facts: { outcome: 'refused' } })
    expect((await s.ledger.journal({ runId: hand.runId })).at(-2)?.facts.absorbs).toEqual([second, third])
    expect((await sessionOf(s)).active).toBeNull()
  }),

  // Otherwise the one ahead would be worked after one that was said later.
  clause('messages are taken in by the active run alone, in order, and each once', async (s) => {
    const hand = await s.held({ session: 'a' })
    const [second, third] = [await steer(s), await steer(s)]
    const other = await s.held({ session: 'b' })
    for (const [by, absorbs] of [
      [hand, [third]],
      [hand, [third, second]],
      [hand, [second, second]],
      [hand, [hand.runId]],
      [other, [second]],
    ] as const) {
      expect((await by.put(by.note({ absorbs }))).code).toBe('not_open')
    }
    expect(await s.run(second)).toMatchObject({ state: 'queued', headSeq: 1 })
    await hand.must(hand.note({ absorbs: [second] }))
    expect((await hand.put(hand.note({ absorbs: [second] }))).code).toBe('not_open')
    await hand.must(hand.note({ absorbs: [third] }))
  }),

  clause('a message of another agent is not taken in, nor one behind it', async (s) => {
    const hand = await s.held({ session: 'a' })
    const other = await s.admit({ session: 'a', agent: `${s.agent}-2` })
    const third = await steer(s)
    expect((await hand.put(hand.note({ absorbs: [other] }))).code).toBe('not_open')
    expect((await hand.put(hand.note({ absorbs: [third] }))).code).toBe('not_open')
  }),

  // Nothing acknowledged may be lost because nobody looked.
  clause('a message that was not taken in has its turn when the active run ends', async (s) => {
    const hand = await s.held({ session: 'a' })
    const [second, third] = [await steer(s), await steer(s)]
    await hand.must(hand.note({ absorbs: [second] }))
    await hand.must(hand.end({ mailSeen: 0 }))
    expect(await s.claims(await s.worker())).toEqual([third])
  }),

  // By a wake, a release or a sweep it would be worked twice.
  clause('nothing makes a message due that was taken in', async (s) => {
    const hand = await s.held({ session: 'a' })
    const second = await steer(s)
    await hand.must(hand.note({ absorbs: [second] }))
    await s.ledger.wake({ runId: second })
    const scope = `run:${second}`
    await s.ledger.engage({ scope, mode: 'end', by: 'ann' })
    await s.ledger.sweepSwitched({ limit: 100 })
    await s.ledger.release({ scope, by: 'ann', jitterMs: 0 })
    expect(await s.run(second)).toMatchObject({ state: 'waiting', dueAt: null })
    expect(await s.ledger.claim({ workerId: await s.worker(), limit: 1, runId: second })).toEqual([])
  }),

  // A kill of a message bites until somebody has taken it in.
  clause('a message under a kill is not taken in', async (s) => {
    const hand = await s.held({ session: 'a' })
    const second = await steer(s)
    await s.ledger.engage({ scope: `run:${second}`, mode: 'hold', by: 'ann' })
    expect(await hand.put(hand.note({ absorbs: [second] }))).toMatchObject({
      ...{ code: 'switched', scope: `run:${second}`, mode: 'hold' },
    })
    expect((await s.run(second)).state).toBe('queued')
  }),

  // It is the same work, as another run.
  clause('a run that goes on as another one hands on what it took in', async (s) => {
    const hand = await s.held({ session: 'a' })
    const second = await steer(s)
    await hand.must(hand.note({ absorbs: [second] }))
    const { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest } = s.admission()
    const fixed = { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest }
    await hand.must(hand.end({ mailSeen: 1, next: { ...fixed, key: null } }))
    expect(await s.run(second)).toMatchObject({ state: 'waiting', workedBy: runId, dueAt: null, headSeq: 2 })
    const heir = await s.claim(await s.worker(), runId)
    await heir.must(heir.end({ outcome: 'refused' }))
    expect(await s.run(second)).toMatchObject({ state: 'ended', outcome: 'refused', workedBy: runId })
    expect((await s.ledger.journal({ runId: second })).at(-1)?.facts.workedBy).toBe(runId)
  }),

  // Its successor works what it had begun to work.
  clause('what a run took in stays with it when another worker goes on with it', async (s) => {
    const stale = await s.held({ session: 'a' })
    const second = await steer(s)
    await stale.must(stale.note({ absorbs: [second] }))
    const hand = await s.takenOver(stale)
    await hand.must(hand.end({ outcome: 'failed', detail: 'crashed' }))
    expect(await s.run(second)).toMatchObject({ state: 'ended', outcome: 'failed', detail: 'crashed' })
  }),

  // Half of a note that is refused would be a message that nobody works.
  clause('a note that is refused for its question takes no message in', async (s) => {
    const hand = await s.held({ session: 'a' })
    const second = await steer(s)
    expect((await hand.put(hand.note({ absorbs: [second], expires: 'nobody asked' }))).code).toBe('not_open')
    expect(await s.run(second)).toMatchObject({ state: 'queued', workedBy: null, headSeq: 1 })
    expect((await sessionOf(s)).turnNo).toBe(1)
    expect((await s.ledger.journal({ runId: second })).length).toBe(1)
  }),

  // Its parent would never hear that it has ended.
  clause('a run that another one called is not taken in', async (s) => {
    const parent = await s.held()
    const hand = await s.held({ session: 'a' })
    const child = await steer(s, childOf(parent))
    expect((await hand.put(hand.note({ absorbs: [child] }))).code).toBe('not_open')
    await hand.must(hand.end())
    const called = await s.claim(await s.worker(), child)
    await called.must(called.end())
    expect((await s.run(parent.runId)).mailHead).toBe(1)
  }),
]
