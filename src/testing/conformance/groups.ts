import { expect } from 'vitest'
import { childOf } from './children.js'
import { clause } from './clause.js'
import type { Hand } from './hand.js'
import type { Scene } from './scene.js'

/** Admits children 1 to `count` of the run's step 'map', of which so many are due at a time. */
async function mapped(s: Scene, parent: Hand, count: number, atOnce = 2): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, i) =>
    s.admission({ ...childOf(parent, 'map'), key: `map-${i + 1}`, group: { atOnce, no: i + 1 } }),
  )
  expect((await s.ledger.admitAll(rows)).map(({ code }) => code)).toEqual(rows.map(() => 'ok'))
  return rows.map(({ runId }) => runId)
}

const seal = (s: Scene, { runId, fence }: Hand, total: number) =>
  s.ledger.sealGroup({ runId, fence, step: 'map', total })
const groupOf = (s: Scene, { runId }: Hand) => s.ledger.group({ runId, step: 'map' })

/** Which of these are due now. */
async function due(s: Scene, runIds: readonly string[]): Promise<string[]> {
  const now = await s.ledger.now()
  const rows = await Promise.all(runIds.map((runId) => s.run(runId)))
  return rows.filter(({ state, dueAt }) => state === 'queued' && (dueAt ?? now + 1) <= now).map(({ runId }) => runId)
}

async function endOne(s: Scene, workerId: number, runId: string) {
  const hand = await s.claim(workerId, runId)
  await hand.must(hand.end())
}

export const groups = [
  // Ten thousand children are not ten thousand calls at once.
  clause('so many of a group are due at a time, in order; the end of one makes the next due', async (s) => {
    const parent = await s.held()
    const runIds = await mapped(s, parent, 5)
    const workerId = await s.worker({ leaseMs: 600_000 })
    expect(await due(s, runIds)).toEqual(runIds.slice(0, 2))
    expect((await s.run(runIds[2] ?? '')).groupNo).toBe(3)
    const [first] = await s.ledger.journal({ runId: runIds[2] ?? '' })
    expect(first?.facts).toEqual({ parent: { runId: parent.runId, step: 'map' }, no: 3 })
    await endOne(s, workerId, runIds[1] ?? '')
    expect(await due(s, runIds)).toEqual([runIds[0], runIds[2]])
    await endOne(s, workerId, runIds[0] ?? '')
    expect(await due(s, runIds)).toEqual(runIds.slice(2, 4))
    expect(await groupOf(s, parent)).toEqual({ atOnce: 2, admitted: 5, ended: 2, total: null })
    expect((await s.run(parent.runId)).mailHead).toBe(0)
  }),

  // The order is that of the rows, not of their arrival.
  clause('the next one due is the one with the least place', async (s) => {
    const parent = await s.held()
    const admit = (no: number) => s.admit({ ...childOf(parent, 'map'), group: { atOnce: 1, no } })
    const [one, three, two] = [await admit(1), await admit(3), await admit(2)]
    await endOne(s, await s.worker(), one)
    expect(await due(s, [two, three])).toEqual([two])
  }),

  // A batch may hold the ends of many.
  clause('several ends of one group in one batch make as many due', async (s) => {
    const parent = await s.held()
    const runIds = await mapped(s, parent, 6, 3)
    const workerId = await s.worker({ leaseMs: 600_000 })
    const hands = await Promise.all(runIds.slice(0, 3).map((runId) => s.claim(workerId, runId)))
    await s.ledger.apply(hands.map((hand) => hand.end()))
    expect(await due(s, runIds)).toEqual(runIds.slice(3))
    expect(await groupOf(s, parent)).toMatchObject({ admitted: 6, ended: 3 })
  }),

  // One mail for ten thousand rows; and one that waited alone is told of all.
  clause('when all of a sealed group have ended the parent gets one mail', async (s) => {
    const parent = await s.held()
    const runIds = await mapped(s, parent, 3)
    expect(await seal(s, parent, 3)).toEqual({ code: 'ok' })
    expect(await seal(s, parent, 3)).toEqual({ code: 'ok' })
    await parent.must(parent.park({ dueInMs: 900_000 }))
    const workerId = await s.worker()
    for (const runId of runIds.slice(0, 2)) await endOne(s, workerId, runId)
    expect((await s.run(parent.runId)).mailHead).toBe(0)
    await endOne(s, workerId, runIds[2] ?? '')
    expect(await s.run(parent.runId)).toMatchObject({ mailHead: 1, dueAt: await s.ledger.now() })
    expect(await s.ledger.mail({ runId: parent.runId, after: 0 })).toMatchObject([
      { kind: 'child', body: '{"group":"map"}' },
    ])
    expect(await groupOf(s, parent)).toEqual({ atOnce: 2, admitted: 3, ended: 3, total: 3 })
  }),

  // Rows come as they are read: the last one may have ended before anybody knows that it was the last.
  clause('a group that is sealed when all have ended is complete at once; an empty one too', async (s) => {
    const parent = await s.held()
    const [runId] = await mapped(s, parent, 1)
    await endOne(s, await s.worker(), runId ?? '')
    expect((await s.run(parent.runId)).mailHead).toBe(0)
    await seal(s, parent, 1)
    expect((await s.run(parent.runId)).mailHead).toBe(1)
    await seal(s, parent, 1)
    expect((await s.run(parent.runId)).mailHead).toBe(1)
    const { runId: id, fence } = parent
    expect(await s.ledger.sealGroup({ runId: id, fence, step: 'none', total: 0 })).toEqual({ code: 'ok' })
    expect((await s.run(parent.runId)).mailHead).toBe(2)
    expect(await s.ledger.group({ runId: id, step: 'other' })).toBeNull()
  }),

  // A worker that was replaced has counted what its heir may have added to.
  clause('a group is sealed by the holder, with one total, and then takes no more', async (s) => {
    const parent = await s.held()
    await mapped(s, parent, 2)
    expect(await seal(s, parent, 1)).toEqual({ code: 'conflict' })
    await seal(s, parent, 2)
    expect(await seal(s, parent, 3)).toEqual({ code: 'conflict' })
    const more = { ...childOf(parent, 'map'), group: { atOnce: 2, no: 3 } }
    expect((await s.ledger.admit(s.admission(more))).code).toBe('sealed')
    const heir = await s.takenOver(parent)
    expect(await seal(s, parent, 2)).toEqual({ code: 'fenced' })
    const again = s.admission({ ...childOf(heir, 'map'), key: 'map-2', group: { atOnce: 2, no: 2 } })
    expect((await s.ledger.admit(again)).code).toBe('existing')
    expect(await groupOf(s, heir)).toMatchObject({ admitted: 2, total: 2 })
  }),

  // A twin must take no second place.
  clause('admitted once more a member is the one it was', async (s) => {
    const parent = await s.held()
    const [first = ''] = await mapped(s, parent, 2, 1)
    const again = (no: number) => s.admission({ ...childOf(parent, 'map'), key: `map-${no}`, group: { atOnce: 1, no } })
    const [known, fresh, stranger] = await s.ledger.admitAll([again(1), again(3), { ...again(4), inputDigest: 'x' }])
    expect(known).toEqual({ code: 'existing', runId: first })
    expect([fresh?.code, stranger?.code]).toEqual(['ok', 'ok'])
    expect(await groupOf(s, parent)).toMatchObject({ admitted: 4 })
    expect(await s.ledger.admitAll([])).toEqual([])
  }),

  // It gives up before its turn and has no place to give.
  clause('a member that is claimed for its deadline before its turn leaves the places as they are', async (s) => {
    const parent = await s.claim(await s.worker({ leaseMs: 600_000 }), await s.admit())
    const workerId = await s.worker({ leaseMs: 600_000 })
    const admit = (no: number, deadlineMs: number) =>
      s.admit({ ...childOf(parent, 'map'), group: { atOnce: 1, no }, deadlineMs })
    const [one, two, three] = [await admit(1, 900_000), await admit(2, 5_000), await admit(3, 900_000)]
    await s.advance(5_000)
    const early = await s.claim(workerId, two)
    await early.must(early.end({ outcome: 'exhausted' }))
    expect(await due(s, [one, three])).toEqual([one])
    await endOne(s, workerId, one)
    expect(await due(s, [three])).toEqual([three])
  }),

  // It is at work already: made due once more it would be taken from its holder.
  clause('a member that is at work ahead of its turn is passed over', async (s) => {
    const parent = await s.claim(await s.worker({ leaseMs: 600_000 }), await s.admit())
    const workerId = await s.worker({ leaseMs: 600_000 })
    const admit = (no: number, deadlineMs: number) =>
      s.admit({ ...childOf(parent, 'map'), group: { atOnce: 1, no }, deadlineMs })
    const [one, two, three] = [await admit(1, 900_000), await admit(2, 5_000), await admit(3, 900_000)]
    await s.advance(5_000)
    const early = await s.claim(workerId, two)
    await endOne(s, workerId, one)
    expect(await due(s, [three])).toEqual([three])
    expect((await s.run(two)).dueAt).toBeNull()
    await early.must(early.end({ outcome: 'exhausted' }))
    await endOne(s, workerId, three)
    expect(await groupOf(s, parent)).toMatchObject({ admitted: 3, ended: 3 })
  }),

  // Swept and then released, more would work than may.
  clause('a sweep leaves those behind in a group to their turn', async (s) => {
    const parent = await s.held()
    const [, two = ''] = await mapped(s, parent, 2, 1)
    await s.ledger.engage({ scope: `run:${parent.runId}`, mode: 'end', by: 'ann' })
    await s.ledger.sweepSwitched({ limit: 100 })
    const run = await s.run(two)
    expect(run.dueAt).toBe(run.deadlineAt)
  }),

  // Else two runs of one conversation are at work at once.
  clause('a place that gets free in a group is no turn in a session', async (s) => {
    const parent = await s.held()
    const workerId = await s.worker({ leaseMs: 600_000 })
    const active = await s.claim(workerId, await s.admit({ session: 'a' }))
    const of = (no: number) => ({ ...childOf(parent, 'map'), group: { atOnce: 1, no } })
    const first = await s.admit(of(1))
    const second = await s.admit({ ...of(2), session: 'a' })
    await endOne(s, workerId, first)
    expect(await due(s, [second])).toEqual([])
    await active.must(active.end())
    expect(await due(s, [second])).toEqual([second])
  }),
]
