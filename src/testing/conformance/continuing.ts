import { expect } from 'vitest'
import type { Successor } from '../../core/ops.js'
import { aboveCharge, childOf, heldChild } from './children.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

/** What an end names as the run that goes on. */
function next(s: Scene, wish: Partial<Successor> = {}): Successor {
  const { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest } = s.admission()
  const fixed = { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest }
  return { ...fixed, key: null, ...wish }
}

export const continuing = [
  // Between an end and a start that are two transactions the work is nobody's.
  clause('an end admits the run that goes on, with the principal and origin of the first', async (s) => {
    const hand = await s.held({ principal: 'ann' })
    const successor = next(s, { body: '{"input":2}', deadlineMs: 9_000 })
    const seq = await hand.must(hand.end({ detail: 'continued', next: successor }))
    expect(await s.run(hand.runId)).toMatchObject({ state: 'ended', continuedAs: successor.runId, continues: null })
    const run = await s.run(successor.runId)
    const chain = { continues: hand.runId, continuedAs: null, first: hand.runId }
    expect(run).toMatchObject({
      ...chain,
      state: 'queued',
      origin: hand.runId,
      principal: 'ann',
      parent: null,
      key: null,
    })
    expect([run.dueAt, run.deadlineAt]).toEqual([run.createdAt, run.createdAt + 9_000])
    const [entry] = await s.ledger.journal({ runId: run.runId })
    expect(entry).toMatchObject({ kind: 'admit', body: '{"input":2}', facts: { continues: hand.runId } })
    const [end] = await s.ledger.journal({ runId: hand.runId, from: seq })
    expect(end?.facts).toMatchObject({ outcome: 'completed', next: run.runId })
    const heir = await s.claim(await s.worker(), run.runId)
    const third = next(s)
    await heir.must(heir.end({ next: third }))
    expect(await s.run(third.runId)).toMatchObject({ continues: run.runId, first: hand.runId, origin: hand.runId })
  }),

  // The conversation is one, and so is its turn.
  clause('in a session the turn goes on with it, and to nobody else', async (s) => {
    const hand = await s.held({ session: 'a' })
    const second = await s.admit({ session: 'a' })
    const successor = next(s)
    await hand.must(hand.end({ next: successor }))
    expect(await s.run(successor.runId)).toMatchObject({ session: 'a', sessionNo: 1, dueAt: await s.ledger.now() })
    const waiting = await s.run(second)
    expect(waiting.dueAt).toBe(waiting.deadlineAt)
    const heir = await s.claim(await s.worker(), successor.runId)
    await heir.must(heir.end())
    expect((await s.run(second)).dueAt).toBe(await s.ledger.now())
  }),

  // It was not its turn, so it is not its heir's.
  clause('one that was claimed ahead of its session’s turn is followed by one that waits for it', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    const active = await s.claim(workerId, await s.admit({ session: 'a' }))
    const second = await s.admit({ session: 'a', deadlineMs: 5_000 })
    const third = await s.admit({ session: 'a' })
    await s.advance(5_000)
    const early = await s.claim(workerId, second)
    const successor = next(s)
    await early.must(early.end({ next: successor }))
    const waiting = await s.run(successor.runId)
    expect(waiting.dueAt).toBe(waiting.deadlineAt)
    await active.must(active.end())
    expect(await s.claims(workerId)).toEqual([successor.runId])
    expect((await s.run(third)).state).toBe('queued')
  }),

  // Its parent waits for an outcome, not for a chapter.
  clause('the parent hears of the last of a chain, in the name of the first', async (s) => {
    const parent = await s.held()
    const child = await heldChild(s, parent)
    const successor = next(s)
    await child.must(child.end({ next: successor }))
    expect((await s.run(parent.runId)).mailHead).toBe(0)
    const row = await s.run(successor.runId)
    expect(row).toMatchObject({ parent: { runId: parent.runId, step: 'call' }, ancestors: [parent.runId], depth: 1 })
    expect(row.above).toEqual([`run:${parent.runId}`])
    expect((await s.ledger.children({ runId: parent.runId })).map(({ runId }) => runId)).toEqual([row.runId])
    const heir = await s.claim(await s.worker(), row.runId)
    await heir.must(heir.begin({ charges: [aboveCharge(parent.runId, 1, 1)] }))
    await heir.must(heir.settle(heir.head))
    await heir.must(heir.end())
    expect(await s.ledger.mail({ runId: parent.runId, after: 0 })).toMatchObject([
      { kind: 'child', body: JSON.stringify({ child: child.runId, step: 'call' }) },
    ])
    expect((await s.run(parent.runId)).meters.usd).toEqual({ used: 1, reserved: 0 })
  }),

  // A place that is given on is not a place that is free.
  clause('in a group the place goes on with it', async (s) => {
    const parent = await s.held()
    const admit = (no: number) => s.admit({ ...childOf(parent, 'map'), group: { atOnce: 1, no } })
    const [one, two] = [await admit(1), await admit(2)]
    const workerId = await s.worker()
    const hand = await s.claim(workerId, one)
    const successor = next(s)
    await hand.must(hand.end({ next: successor }))
    const waiting = await s.run(two)
    expect(waiting.dueAt).toBe(waiting.deadlineAt)
    expect(await s.ledger.group({ runId: parent.runId, step: 'map' })).toMatchObject({ admitted: 2, ended: 0 })
    const heir = await s.claim(workerId, successor.runId)
    expect(heir.run).toMatchObject({ groupNo: 1, parent: { step: 'map' } })
    await heir.must(heir.end())
    expect((await s.run(two)).dueAt).toBe(await s.ledger.now())
    expect(await s.ledger.group({ runId: parent.runId, step: 'map' })).toMatchObject({ admitted: 2, ended: 1 })
  }),

  // Whoever sends the end again must not start another one.
  clause('an end that is sent again starts nobody, and one whose heir is there already is refused', async (s) => {
    const [hand, other] = [await s.held(), await s.held()]
    const successor = next(s, { key: 'k' })
    const end = hand.end({ next: successor })
    await hand.must(end)
    expect((await hand.put(end)).code).toBe('fenced')
    expect((await other.put(other.end({ next: next(s, { key: 'k' }) }))).code).toBe('key_conflict')
    expect((await other.put(other.end({ next: { ...next(s), runId: successor.runId } }))).code).toBe('key_conflict')
    expect(await s.run(other.runId)).toMatchObject({ state: 'running', continuedAs: null })
    expect((await s.ledger.runs({ tenant: s.tenant })).length).toBe(3)
    await other.must(other.end())
  }),

  // Else a run that is stopped goes on under another name.
  clause('a kill or a hold of the run that ends covers the one that goes on, until it is released', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    for (const mode of ['end', 'hold'] as const) {
      const hand = await s.held()
      const scope = `run:${hand.runId}`
      await s.ledger.engage({ scope, mode, by: 'ann' })
      const [second, third] = [next(s), next(s)]
      await hand.must(hand.end({ next: second }))
      const heir = await s.claim(workerId, second.runId)
      expect(await heir.put(heir.begin())).toMatchObject({ code: 'switched', scope, mode })
      expect(await s.ledger.switchedRun({ runId: second.runId })).toEqual({ scope, mode, by: 'ann' })
      await heir.must(heir.end({ next: third }))
      const last = await s.claim(workerId, third.runId)
      expect((await last.put(last.begin())).code).toBe('switched')
      await s.ledger.release({ scope, by: 'bob', jitterMs: 0 })
      await last.must(last.begin())
    }
  }),

  // So a run ends what is below it; that is no kill of its own work.
  clause('a switch that a run engaged on itself does not cover the run that goes on', async (s) => {
    const hand = await s.held()
    const scope = `run:${hand.runId}`
    await s.ledger.engage({ scope, mode: 'end', by: scope })
    const successor = next(s)
    await hand.must(hand.end({ next: successor }))
    const heir = await s.claim(await s.worker(), successor.runId)
    await heir.must(heir.begin())
  }),
]
