import { expect } from 'vitest'
import type { Admission } from '../../core/admission.js'
import { clause } from './clause.js'
import { effect, type Hand, ownCharge, sharedCharge } from './hand.js'
import type { Scene } from './scene.js'

/** What makes an admission one of a child of the run in hand. */
export const childOf = ({ runId, fence }: Pick<Hand, 'runId' | 'fence'>, step = 'call') => ({
  parent: { runId, fence, step },
})

/** A child of the run in hand, in the hands of a worker of its own. */
export const heldChild = (s: Scene, parent: Hand, wish: Partial<Admission> = {}) =>
  s.held({ ...childOf(parent), ...wish })

/** A charge on the own meter of a run above. */
export const aboveCharge = (runId: string, amount: number, limit: number | null) =>
  ownCharge(amount, limit, { at: 'above', scope: `run:${runId}` })

const mailOf = async (s: Scene, runId: string) =>
  (await s.ledger.mail({ runId, after: 0 })).map(({ no, kind, body }) => ({ no, kind, body }))

export const children = [
  // Whose child it is decides which ceilings and kills hold for it: that is fixed before it does anything.
  clause('a child knows the runs above it, and its journal says whose it is', async (s) => {
    const root = await s.held({ session: 'a' })
    const middle = await heldChild(s, root, { agent: s.agent })
    const runId = await s.admit(childOf(middle, 'deeper'))
    const row = await s.run(runId)
    expect(row).toMatchObject({
      parent: { runId: middle.runId, step: 'deeper' },
      groupNo: null,
      depth: 2,
      first: runId,
    })
    expect(row.ancestors).toEqual([root.runId, middle.runId])
    const inherited = [`session:${s.tenant}/a`, `run:${root.runId}`, `run:${middle.runId}`]
    expect([...row.above].sort()).toEqual(inherited.sort())
    expect(await s.run(root.runId)).toMatchObject({ parent: null, ancestors: [], depth: 0, above: [] })
    const [entry] = await s.ledger.journal({ runId })
    expect(entry?.facts).toEqual({ parent: { runId: middle.runId, step: 'deeper' } })
  }),

  clause('ends of many runs are read at once, in the order asked for', async (s) => {
    const [one, other, third] = [await s.held(), await s.held(), await s.held()]
    for (const hand of [one, other]) await hand.must(hand.end())
    const runIds = [other.runId, third.runId, 'nobody', one.runId]
    const [first] = await s.ledger.journal({ runId: other.runId, from: (await s.run(other.runId)).headSeq })
    const ends = await s.ledger.ends({ runIds })
    expect(ends.map(({ runId }) => runId)).toEqual([other.runId, one.runId])
    expect(ends[0]?.body).toBe(first?.body)
    await s.ledger.erase({ runId: one.runId })
    expect(await s.ledger.ends({ runIds: [one.runId] })).toEqual([{ runId: one.runId, body: null }])
  }),

  // What a stale worker starts would be paid for by a run that it does not hold.
  clause('a child is admitted by the holder of its parent alone, whether it is there or not', async (s) => {
    const parent = await s.held()
    const child = s.admission({ ...childOf(parent), key: 'k' })
    expect((await s.ledger.admit(child)).code).toBe('ok')
    expect(await s.ledger.admit(s.admission({ ...childOf(parent), key: 'k' }))).toEqual({
      ...{ code: 'existing', runId: child.runId },
    })
    const heir = await s.takenOver(parent)
    expect((await s.ledger.admit(child)).code).toBe('fenced')
    expect((await s.ledger.admit(s.admission(childOf(parent)))).code).toBe('fenced')
    expect((await s.ledger.admit({ ...child, ...childOf(heir) })).code).toBe('existing')
    await heir.must(heir.park({ dueInMs: 1_000 }))
    expect((await s.ledger.admit(s.admission(childOf(heir)))).code).toBe('fenced')
    const nobody = { runId: 'nobody', fence: 1, step: 'call' }
    expect((await s.ledger.admit(s.admission({ parent: nobody }))).code).toBe('fenced')
  }),

  // A kill that stops at the first door stops nothing.
  clause('a switch of any run above covers the child', async (s) => {
    const root = await s.held({ session: 'a' })
    const child = await heldChild(s, await heldChild(s, root))
    for (const scope of [`run:${root.runId}`, `session:${s.tenant}/a`, `run:${child.run.parent?.runId}`]) {
      await s.ledger.engage({ scope, mode: 'end', by: 'ann' })
      expect(await child.put(child.begin())).toMatchObject({ code: 'switched', scope, mode: 'end' })
      expect(await s.ledger.switchedRun({ runId: child.runId })).toEqual({ scope, mode: 'end', by: 'ann' })
      await s.ledger.release({ scope, by: 'bob', jitterMs: 0 })
      await child.must(child.begin())
    }
  }),

  // Millions of rows are not stopped under a lock: what was killed from above is found in its turn.
  clause('a sweep and a release reach the children', async (s) => {
    const root = await s.held()
    const child = await heldChild(s, root)
    await child.must(child.park({ dueInMs: 900_000 }))
    await s.ledger.engage({ scope: `run:${root.runId}`, mode: 'end', by: 'ann' })
    expect(await s.ledger.sweepSwitched({ limit: 100 })).toBe(1)
    const heir = await s.claim(await s.worker(), child.runId)
    await heir.must(heir.park({ dueInMs: 900_000 }))
    const { at } = await s.ledger.release({ scope: `run:${root.runId}`, by: 'bob', jitterMs: 0 })
    expect((await s.run(child.runId)).dueAt).toBe(at)
  }),

  // Else the outcome that was reported above goes on changing below.
  clause('when a run above has ended nothing begins any more, however late the worker', async (s) => {
    const root = await s.held()
    const child = await heldChild(s, await heldChild(s, root))
    const open = await child.must(child.begin())
    await root.must(root.end())
    const scope = `run:${root.runId}`
    expect(await child.put(child.begin())).toMatchObject({ code: 'switched', scope, mode: 'end' })
    expect(await s.ledger.switchedRun({ runId: child.runId })).toMatchObject({ scope, mode: 'end' })
    await child.must(child.settle(open))
    await child.must(child.park({ dueInMs: 0 }))
    const [claimed] = await s.ledger.claim({ workerId: await s.worker(), limit: 1, runId: child.runId })
    expect(claimed?.switched).toMatchObject({ scope, mode: 'end' })
  }),

  // Its parent waits for nothing else.
  clause('the end of a child is mail to its parent, and wakes it', async (s) => {
    const parent = await s.held()
    const [first, second] = [await heldChild(s, parent), await heldChild(s, parent, childOf(parent, 'again'))]
    await parent.must(parent.park({ waits: `child:${first.runId}`, dueInMs: 900_000 }))
    await first.must(first.end({ outcome: 'refused' }))
    expect(await s.run(parent.runId)).toMatchObject({ state: 'waiting', mailHead: 1, dueAt: await s.ledger.now() })
    await second.must(second.end())
    expect(await mailOf(s, parent.runId)).toEqual([
      { no: 1, kind: 'child', body: JSON.stringify({ child: first.runId, step: 'call' }) },
      { no: 2, kind: 'child', body: JSON.stringify({ child: second.runId, step: 'again' }) },
    ])
  }),

  // The other order of the same two: the child was quicker than the park.
  clause('a parent that parks without having seen it is due at once', async (s) => {
    const parent = await s.held()
    const child = await heldChild(s, parent)
    await child.must(child.end())
    expect((await s.run(parent.runId)).dueAt).toBeNull()
    await parent.must(parent.park({ dueInMs: 900_000, mailSeen: 0 }))
    expect((await s.run(parent.runId)).dueAt).toBe(await s.ledger.now())
  }),

  // There is nobody left to hear it.
  clause('a parent that has ended gets no mail', async (s) => {
    const parent = await s.held()
    const child = await heldChild(s, parent)
    const lost = await parent.mustDoubt({ effect: effect('k') })
    await parent.must(parent.end({ dueAt: (await s.ledger.now()) + 900_000 }))
    const { dueAt } = await s.run(parent.runId)
    await child.must(child.end())
    expect(await s.run(parent.runId)).toMatchObject({ mailHead: 0, dueAt, open: [lost] })
  }),

  // In one batch as in two.
  clause('a child and its parent end in one batch, in either order', async (s) => {
    const [one, other] = [await s.held(), await s.held()]
    const [of, to] = [await heldChild(s, one), await heldChild(s, other)]
    expect((await s.ledger.apply([of.end(), one.end()])).map(({ code }) => code)).toEqual(['ok', 'ok'])
    expect((await s.ledger.apply([other.end(), to.end()])).map(({ code }) => code)).toEqual(['ok', 'ok'])
    expect((await s.run(one.runId)).mailHead).toBe(1)
    expect((await s.run(other.runId)).mailHead).toBe(0)
  }),

  // The root sees all that is done in its name.
  clause('a run’s children are listed by step, place and id, and by state', async (s) => {
    const parent = await s.held()
    const [b, a] = [await heldChild(s, parent, childOf(parent, 'b')), await heldChild(s, parent, childOf(parent, 'a'))]
    const group = { atOnce: 1, no: 1 }
    const c = await s.admit({ ...childOf(parent, 'c'), group: { ...group, no: 2 } })
    const d = await s.admit({ ...childOf(parent, 'c'), group })
    const list = async (p: object) => (await s.ledger.children({ runId: parent.runId, ...p })).map(({ runId }) => runId)
    expect(await list({})).toEqual([a.runId, b.runId, d, c])
    expect(await list({ step: 'c' })).toEqual([d, c])
    expect(await list({ after: b.runId, limit: 1 })).toEqual([d])
    await b.must(b.end())
    expect(await list({ states: ['running', 'queued'], limit: 2 })).toEqual([a.runId, d])
  }),
]

export const rollUp = [
  // Ten children with a dollar each are ten dollars: of the root's one.
  clause('what a child charges above is counted on that run’s own meters, and given back to them', async (s) => {
    const root = await s.held()
    const middle = await heldChild(s, root)
    const child = await heldChild(s, middle)
    const charges = [ownCharge(10, 100), aboveCharge(root.runId, 10, 100), aboveCharge(middle.runId, 10, null)]
    const ref = await child.must(child.begin({ charges }))
    const usd = async (hand: Hand) => (await s.run(hand.runId)).meters.usd
    for (const hand of [root, middle, child]) expect(await usd(hand)).toEqual({ used: 0, reserved: 10 })
    const [entry] = await s.ledger.journal({ runId: child.runId, from: ref })
    expect(entry?.facts.charges).toMatchObject([
      { at: 'run', scope: '', reservedAfter: 10 },
      { at: 'above', scope: `run:${root.runId}`, meter: 'usd', limit: 100, usedAfter: 0, reservedAfter: 10 },
      { at: 'above', scope: `run:${middle.runId}`, limit: null, window: -1 },
    ])
    await child.must(child.settle(ref, { used: [4, 5, null] }))
    expect(await usd(root)).toEqual({ used: 5, reserved: 0 })
    expect(await usd(middle)).toEqual({ used: 10, reserved: 0 })
    expect(await usd(child)).toEqual({ used: 4, reserved: 0 })
  }),

  // However deep, and whoever asks.
  clause('a ceiling above refuses what would pass it, whoever asks', async (s) => {
    const root = await s.held()
    const [one, two] = [await heldChild(s, root), await heldChild(s, root)]
    const charges = [ownCharge(6, null), aboveCharge(root.runId, 6, 10)]
    await one.must(one.begin({ charges }))
    expect(await two.put(two.begin({ charges }))).toMatchObject({
      code: 'ceiling',
      meter: { scope: `run:${root.runId}`, meter: 'usd', used: 0, reserved: 6, amount: 6, limit: 10, opensAt: null },
    })
    expect((await s.run(two.runId)).meters.usd).toEqual({ used: 0, reserved: 0 })
    expect(await root.put(root.begin({ charges: [ownCharge(5, 10)] }))).toMatchObject({ code: 'ceiling' })
    await root.must(root.begin({ charges: [ownCharge(4, 10)] }))
  }),

  // One batch or many: the first to come is the first served.
  clause('a root and its children draw on one meter within one batch, in order', async (s) => {
    const root = await s.held()
    const [one, two] = [await heldChild(s, root), await heldChild(s, root)]
    const draw = (hand: Hand, amount: number) =>
      hand.begin({ charges: [hand === root ? ownCharge(amount, 10) : aboveCharge(root.runId, amount, 10)] })
    const answers = await s.ledger.apply([draw(one, 4), draw(root, 4), draw(two, 4)])
    expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok', 'ceiling'])
    expect((await s.run(root.runId)).meters.usd).toEqual({ used: 0, reserved: 8 })
    const [begun] = await s.ledger.journal({ runId: root.runId, from: root.head + 1 })
    expect(begun?.facts.charges?.[0]).toMatchObject({ usedAfter: 0, reservedAfter: 8 })
  }),

  // Two charges of one begin on one row add up, above as elsewhere.
  clause('charges of one begin on one meter above add up, and a refusal leaves none of them', async (s) => {
    const root = await s.held()
    const child = await heldChild(s, root)
    const twice = [aboveCharge(root.runId, 6, 12), aboveCharge(root.runId, 6, 12)]
    expect((await child.put(child.begin({ charges: [...twice, ownCharge(1, 0)] }))).code).toBe('ceiling')
    expect((await s.run(root.runId)).meters.usd).toEqual({ used: 0, reserved: 0 })
    await child.must(child.begin({ charges: twice }))
    expect((await s.run(root.runId)).meters.usd).toEqual({ used: 0, reserved: 12 })
  }),

  // A doubt that is sent again draws once.
  clause('a begin that supersedes a doubt takes over what that reserved above', async (s) => {
    const root = await s.held()
    const child = await s.claim(await s.worker({ leaseMs: 600_000 }), await s.admit(childOf(root)))
    const charges = [aboveCharge(root.runId, 6, 10), sharedCharge(`tenant:${s.tenant}`, 6, 10)]
    const ref = await child.mustDoubt({ effect: effect('k'), charges })
    await s.advance(60_000)
    const again = effect('k', { saw: { attempt: 1, evidence: 0 } })
    await child.must(child.begin({ effect: again, supersedes: ref, charges }))
    expect((await s.run(root.runId)).meters.usd).toEqual({ used: 0, reserved: 6 })
  }),

  // A meter that the root's own agent does not count is still counted for its children.
  clause('a meter that the run above did not name begins at nothing', async (s) => {
    const root = await s.held({ meters: ['usd'] })
    const child = await heldChild(s, root)
    const charge = { ...aboveCharge(root.runId, 3, 5), meter: 'emails' }
    const ref = await child.must(child.begin({ charges: [charge] }))
    await child.must(child.settle(ref, { used: [2] }))
    expect((await s.run(root.runId)).meters).toMatchObject({ usd: { used: 0 }, emails: { used: 2, reserved: 0 } })
  }),

  // A peak is the largest of the family, and what nobody owns is charged to nobody.
  clause('a peak above keeps the largest; a charge on a run that is not above is refused', async (s) => {
    const root = await s.held()
    const child = await heldChild(s, root)
    const peak = { ...aboveCharge(root.runId, 900, 1_000), meter: 'context_tokens', kind: 'peak' as const }
    await child.must(child.settle(await child.must(child.begin({ charges: [peak] })), { used: [700] }))
    expect((await s.run(root.runId)).meters.context_tokens).toEqual({ used: 700, reserved: 0 })
    const stranger = await s.held()
    const charges = [aboveCharge(stranger.runId, 1, null)]
    expect((await child.put(child.begin({ charges }))).code).toBe('no_run')
    expect((await s.run(stranger.runId)).meters.usd).toEqual({ used: 0, reserved: 0 })
  }),
]
