import { describe, expect, it } from 'vitest'
import type { Successor } from '../src/core/ops.js'
import { aboveCharge, childOf, heldChild } from '../src/testing/conformance/children.js'
import { type Hand, ownCharge } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { stage } from './isolation/stage.js'

const on = stage()
const usd = async (hand: Hand) => (await on.scene.run(hand.runId)).meters.usd
const dueNow = async (runId: string) => (await on.scene.run(runId)).dueAt === (await on.scene.ledger.now())

async function pair() {
  const parent = await on.scene.held()
  return { parent, child: await heldChild(on.scene, parent) }
}

/** Members of a group of which one may be due at a time; the first is at work. */
async function group() {
  const parent = await on.scene.held()
  const member = (no: number) => on.scene.admission({ ...childOf(parent, 'map'), group: { atOnce: 1, no } })
  const first = member(1)
  await on.scene.ledger.admit(first)
  const seal = { runId: parent.runId, fence: parent.fence, step: 'map' }
  return { parent, member, hand: await on.scene.claim(await on.scene.worker(), first.runId), seal }
}

describe('a parent that parks while its child ends', () => {
  it('end then park: it has not seen the mail, and is due', async () => {
    const { parent, child } = await pair()
    const { second, waited } = await on.arena.duel(apply(child.end()), apply(parent.park({ dueInMs: 600_000 })))
    expect([second.code, waited]).toEqual(['ok', true])
    expect(await dueNow(parent.runId)).toBe(true)
  })

  it('park then end: it is woken', async () => {
    const { parent, child } = await pair()
    const { second, waited } = await on.arena.duel(apply(parent.park({ dueInMs: 600_000 })), apply(child.end()))
    expect([second.code, waited]).toEqual(['ok', true])
    expect(await dueNow(parent.runId)).toBe(true)
  })

  it('end then end of two children: no mail is lost', async () => {
    const { parent, child } = await pair()
    const other = await heldChild(on.scene, parent)
    const { waited } = await on.arena.duel(apply(child.end()), apply(other.end()))
    expect(waited).toBe(true)
    expect((await on.scene.run(parent.runId)).mailHead).toBe(2)
  })
})

describe('a parent that ends', () => {
  it('admit then end: the child is there, and begins nothing', async () => {
    const parent = await on.scene.held()
    const row = on.scene.admission(childOf(parent))
    const { first, second, waited } = await on.arena.duel((ledger) => ledger.admit(row), apply(parent.end()))
    expect([first.code, second.code, waited]).toEqual(['ok', 'ok', true])
    const child = await on.scene.claim(await on.scene.worker(), row.runId)
    expect((await child.put(child.begin())).code).toBe('switched')
  })

  it('end then admit: there is no such child', async () => {
    const parent = await on.scene.held()
    const row = on.scene.admission(childOf(parent))
    const { second, waited } = await on.arena.duel(apply(parent.end()), (ledger) => ledger.admitAll([row]))
    expect([second[0]?.code, waited]).toEqual(['fenced', true])
    expect(await on.scene.ledger.run({ runId: row.runId })).toBeNull()
  })

  it('begin of the child then end: what was granted may be done', async () => {
    const { parent, child } = await pair()
    const { first, waited } = await on.arena.duel(apply(child.begin()), apply(parent.end()))
    expect([first.code, waited]).toEqual(['ok', true])
  })

  it('end then begin of the grandchild: nothing is granted', async () => {
    const { parent, child } = await pair()
    const deep = await heldChild(on.scene, child)
    const { second, waited } = await on.arena.duel(apply(parent.end()), apply(deep.begin()))
    expect([second, waited]).toMatchObject([{ code: 'switched', scope: `run:${parent.runId}`, mode: 'end' }, true])
  })
})

describe('a kill of the parent', () => {
  const kill = (runId: string) => ({ scope: `run:${runId}`, mode: 'end' as const, by: 'ann' })

  it('engage then begin of the child: it is refused', async () => {
    const { parent, child } = await pair()
    const { second, waited } = await on.arena.duel((ledger) => ledger.engage(kill(parent.runId)), apply(child.begin()))
    expect([second.code, waited]).toEqual(['switched', true])
  })

  it('begin of the child then engage: the kill waits for it', async () => {
    const { parent, child } = await pair()
    const { first, waited } = await on.arena.duel(apply(child.begin()), (ledger) => ledger.engage(kill(parent.runId)))
    expect([first.code, waited]).toEqual(['ok', true])
  })
})

describe('one meter of the root', () => {
  it('two children: what the first has reserved is no room for the second', async () => {
    const root = await on.scene.held()
    const [one, two] = [await heldChild(on.scene, root), await heldChild(on.scene, root)]
    const charges = [aboveCharge(root.runId, 6, 10)]
    const { second, waited } = await on.arena.duel(apply(one.begin({ charges })), apply(two.begin({ charges })))
    expect([second.code, waited]).toEqual(['ceiling', true])
    expect(await usd(root)).toEqual({ used: 0, reserved: 6 })
  })

  it('a child, then the root itself, and the other way round', async () => {
    for (const order of ['child', 'root']) {
      const { parent: root, child } = await pair()
      const below = apply(child.begin({ charges: [aboveCharge(root.runId, 6, 10)] }))
      const own = apply(root.begin({ charges: [ownCharge(6, 10)] }))
      const { second, waited } = await on.arena.duel(
        ...(order === 'child' ? ([below, own] as const) : ([own, below] as const)),
      )
      expect([second.code, waited]).toEqual(['ceiling', true])
      expect(await usd(root)).toEqual({ used: 0, reserved: 6 })
    }
  })

  it('a settle of the child, then a begin of the root: what was not used is room', async () => {
    const { parent: root, child } = await pair()
    const ref = await child.must(child.begin({ charges: [aboveCharge(root.runId, 6, 10)] }))
    const { second, waited } = await on.arena.duel(
      apply(child.settle(ref, { used: [1] })),
      apply(root.begin({ charges: [ownCharge(9, 10)] })),
    )
    expect([second.code, waited]).toEqual(['ok', true])
    expect(await usd(root)).toEqual({ used: 1, reserved: 9 })
  })
})

describe('a group', () => {
  it('two ends at once: each makes one due, and the last is told of', async () => {
    const parent = await on.scene.held()
    const rows = [1, 2, 3, 4].map((no) => on.scene.admission({ ...childOf(parent, 'map'), group: { atOnce: 2, no } }))
    await on.scene.ledger.admitAll(rows)
    const workerId = await on.scene.worker()
    const [one, two] = [
      await on.scene.claim(workerId, rows[0]?.runId ?? ''),
      await on.scene.claim(workerId, rows[1]?.runId ?? ''),
    ]
    const { waited } = await on.arena.duel(apply(one.end()), apply(two.end()))
    expect(waited).toBe(true)
    expect([await dueNow(rows[2]?.runId ?? ''), await dueNow(rows[3]?.runId ?? '')]).toEqual([true, true])
    expect(await on.scene.ledger.group({ runId: parent.runId, step: 'map' })).toMatchObject({ admitted: 4, ended: 2 })
  })

  it('end then admit: the place that got free is not missed', async () => {
    const { hand, member } = await group()
    const next = member(2)
    const { waited } = await on.arena.duel(apply(hand.end()), (ledger) => ledger.admit(next))
    expect(waited).toBe(true)
    expect(await dueNow(next.runId)).toBe(true)
  })

  it('admit then end: who came meanwhile is next', async () => {
    const { hand, member } = await group()
    const next = member(2)
    const { waited } = await on.arena.duel((ledger) => ledger.admit(next), apply(hand.end()))
    expect(waited).toBe(true)
    expect(await dueNow(next.runId)).toBe(true)
  })

  it('end then seal, and seal then end: the parent has one mail', async () => {
    const one = await group()
    const sealed = await on.arena.duel(apply(one.hand.end()), (ledger) => ledger.sealGroup({ ...one.seal, total: 1 }))
    expect([sealed.second.code, sealed.waited]).toEqual(['ok', true])
    const other = await group()
    const next = other.member(2)
    await on.scene.ledger.admit(next)
    const ended = await on.arena.duel(apply(other.hand.end()), (ledger) =>
      ledger.sealGroup({ ...other.seal, total: 2 }),
    )
    expect([ended.second.code, ended.waited]).toEqual(['ok', true])
    const last = await on.scene.claim(await on.scene.worker(), next.runId)
    await last.must(last.end())
    for (const { parent } of [one, other]) expect((await on.scene.run(parent.runId)).mailHead).toBe(1)
  })
})

describe('a run that goes on', () => {
  it('end then send: the message waits for the run that goes on', async () => {
    const hand = await on.scene.held({ session: 'a' })
    const { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest } =
      on.scene.admission()
    const who = { runId, agent, version, fingerprint, queue, key: null }
    const next: Successor = { ...who, deadlineMs, meters, body, salt, inputDigest }
    const message = on.scene.admission({ session: 'a' })
    const { second, waited } = await on.arena.duel(apply(hand.end({ next })), (ledger) => ledger.admit(message))
    expect([second.code, waited]).toEqual(['ok', true])
    expect(await dueNow(runId)).toBe(true)
    expect(await dueNow(message.runId)).toBe(false)
  })
})
