import { expect } from 'vitest'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { effect, ownCharge, question, sharedCharge } from '../../src/testing/conformance/hand.js'
import type { Scene } from '../../src/testing/conformance/scene.js'
import { type Arena, apply } from '../isolation/arena.js'
import { asking } from '../isolation/stage.js'
import { BREAKER_CHECKS } from './breaker-checks.js'
import { FEED_CHECKS } from './feed-checks.js'
import { QUEUE_CHECKS } from './queue-checks.js'
import { SESSION_CHECKS } from './session-checks.js'
import { TREE_CHECKS } from './tree-checks.js'

/** One promise of the ledger, put to the test: rejects when it is broken. */
export type Check = (scene: Scene, arena: Arena) => Promise<void>

/** A run in whose hands a yes for `args` is. */
async function approved(scene: Scene) {
  const hand = await scene.held()
  const id = `${hand.runId}-yes`
  await hand.must(hand.note({ escalations: [question(id)] }))
  await scene.ledger.answer({ id, decision: 'approve', by: 'ann' })
  return { hand, approval: { id, args: 'args' } }
}

/** Each is true of the ledger as it is, and named by what it would miss. */
export const CHECKS = {
  ...BREAKER_CHECKS,
  ...QUEUE_CHECKS,
  ...FEED_CHECKS,
  ...SESSION_CHECKS,
  ...TREE_CHECKS,
  'a begin that waited for a kill is refused': async (scene, arena) => {
    const hand = await scene.held()
    const { second } = await arena.duel(
      (ledger) => ledger.engage({ scope: 'fleet', mode: 'end', by: 'operator' }),
      apply(hand.begin()),
    )
    expect(second.code).toBe('switched')
  },
  'a kill waits for the begin before it': async (scene, arena) => {
    const hand = await scene.held()
    const { waited } = await arena.duel(apply(hand.begin()), (ledger) =>
      ledger.engage({ scope: `tenant:${scene.tenant}`, mode: 'end', by: 'operator' }),
    )
    expect(waited).toBe(true)
  },
  'a begin under another isolation than READ COMMITTED is refused': async (scene, arena) => {
    const hand = await scene.held()
    const options = encodeURIComponent('-c default_transaction_isolation=repeatable\\ read')
    const strict = await postgresLedger({ url: `${arena.url}?options=${options}` })
    const fault = await strict.apply([hand.begin()]).then(
      () => null,
      (error) => error,
    )
    await strict.close()
    expect(fault).toMatchObject({ code: 'ledger_isolation' })
  },
  'a receipt that comes under an old fence is kept': async (scene) => {
    const hand = await scene.held()
    const ref = await hand.must(hand.begin({ effect: effect('late') }))
    await scene.takenOver(hand)
    await hand.put(hand.settle(ref))
    expect(await scene.ledger.evidence({ runId: hand.runId })).toHaveLength(1)
  },
  'a begin whose answer was lost is worthless under an old fence': async (scene) => {
    const hand = await scene.held()
    const begin = hand.begin({ effect: effect('twin') })
    await hand.put(begin)
    await scene.takenOver(hand)
    expect((await hand.put(begin)).code).toBe('fenced')
  },
  'a claim relieves the worker before it': async (scene) => {
    const hand = await scene.held()
    const heir = await scene.takenOver(hand)
    expect(heir.fence).toBeGreaterThan(hand.fence)
  },
  'what happens to a run at work does not make it due': async (scene) => {
    const id = `${scene.tenant}-question`
    const hand = await asking(scene, id)
    await scene.ledger.answer({ id, decision: 'approve', by: 'ann' }).catch(() => undefined)
    expect(await scene.run(hand.runId)).toMatchObject({ dueAt: null, mailHead: 1 })
  },
  'a park that did not see the mail is due at once': async (scene) => {
    const id = `${scene.tenant}-question`
    const hand = await asking(scene, id)
    await scene.ledger.answer({ id, decision: 'approve', by: 'ann' })
    await hand.must(hand.park({ dueInMs: 600_000, mailSeen: 0 }))
    expect((await scene.run(hand.runId)).dueAt).toBe(await scene.ledger.now())
  },
  'two who want a new key at once do not both get it': async (scene, arena) => {
    const [hand, rival] = [await scene.held(), await scene.held()]
    const { first, second } = await arena.duel(
      apply(hand.begin({ effect: effect('new') })),
      apply(rival.begin({ effect: effect('new') })),
    )
    expect([first.code, second.code]).toEqual(['ok', 'under_way'])
  },
  'two who want a new key and hold a lock do not both get it': async (scene, arena) => {
    const [hand, rival] = [await scene.held(), await scene.held()]
    const { first, second } = await arena.duel(
      apply(hand.begin({ effect: effect('new'), locks: ['mine'] })),
      apply(rival.begin({ effect: effect('new'), locks: ['yours'] })),
    )
    expect([first.code, second.code]).toEqual(['ok', 'under_way'])
  },
  'the same key of another tenant is another key': async (scene) => {
    const hand = await scene.held()
    await hand.must(hand.begin({ effect: effect('mine') }))
    const other = await scene.held({ tenant: `${scene.tenant}-other` })
    expect((await other.put(other.begin({ effect: effect('mine') }))).code).toBe('ok')
  },
  'a doubt that moved since it was looked at is not sent again': async (scene) => {
    const hand = await scene.held()
    const ref = await hand.mustDoubt({ effect: effect('doubt') })
    const saw = { attempt: 1, evidence: 0 }
    await scene.advance(60_000)
    const heir = await scene.claim(await scene.worker({ leaseMs: 600_000 }), hand.runId)
    const again = await heir.mustDoubt({ effect: effect('doubt', { saw }), supersedes: ref })
    await scene.advance(60_000)
    const late = heir.begin({ effect: effect('doubt', { saw }), supersedes: again })
    expect((await heir.put(late)).code).toBe('moved')
  },
  'a lease runs out by the ledger’s clock': async (scene) => {
    const hand = await scene.held()
    expect((await hand.put(hand.begin())).code).toBe('ok')
    await scene.advance(60_000)
    expect((await hand.put(hand.begin())).code).toBe('lease_lost')
  },
  'a step is settled in the window that granted it': async (scene) => {
    const hand = await scene.held()
    const scope = `tenant:${scene.tenant}`
    const ref = await hand.must(hand.begin({ charges: [sharedCharge(scope, 5, 10, { per: 'day' })] }))
    await scene.advance(86_400_000)
    await hand.put(hand.settle(ref, { used: [3] }))
    const rows = await scene.ledger.meters({ scope })
    expect(rows.map(({ used, reserved }) => [used, reserved])).toEqual([[3, 0]])
  },
  'a doubt is settled in the window that granted it': async (scene) => {
    const hand = await scene.held()
    const scope = `tenant:${scene.tenant}`
    const ref = await hand.mustDoubt({ charges: [sharedCharge(scope, 5, 10, { per: 'day' })] })
    await scene.advance(86_400_000)
    await hand.put(hand.settle(ref, { used: [3] }))
    const rows = await scene.ledger.meters({ scope })
    expect(rows.map(({ used, reserved }) => [used, reserved])).toEqual([[3, 0]])
  },
  'what is not used is given back': async (scene) => {
    const hand = await scene.held()
    const scope = `tenant:${scene.tenant}`
    const charges = [sharedCharge(scope, 5, 10), ownCharge(5, 10)]
    const ref = await hand.must(hand.begin({ charges }))
    await hand.must(hand.settle(ref, { did: 'not_performed', used: [0, 0] }))
    expect((await scene.ledger.meters({ scope }))[0]).toMatchObject({ used: 0, reserved: 0 })
    expect((await scene.run(hand.runId)).meters.usd).toEqual({ used: 0, reserved: 0 })
  },
  'a ceiling counts what others have reserved': async (scene, arena) => {
    const [hand, rival] = [await scene.held(), await scene.held()]
    const charges = [sharedCharge(`tenant:${scene.tenant}`, 6, 10)]
    const { second } = await arena.duel(apply(hand.begin({ charges })), apply(rival.begin({ charges })))
    expect(second.code).toBe('ceiling')
  },
  'a message that meets its session’s end is worked': async (scene, arena) => {
    const hand = await scene.held({ session: 's' })
    const next = scene.admission({ session: 's' })
    await arena.duel(apply(hand.end()), (ledger) => ledger.admit(next))
    expect((await scene.run(next.runId)).dueAt).toBe(await scene.ledger.now())
  },
  'a question is answered once': async (scene, arena) => {
    const id = `${scene.tenant}-question`
    const hand = await scene.held()
    await hand.must(hand.park({ dueInMs: 600_000, escalations: [question(id)] }))
    const { second } = await arena.duel(
      (ledger) => ledger.answer({ id, decision: 'approve', by: 'ann' }),
      (ledger) => ledger.answer({ id, decision: 'deny', by: 'bob' }),
    )
    expect(second.code).toBe('closed')
  },
  'a receipt for an earlier attempt keeps the key closed': async (scene) => {
    const stale = await scene.held()
    const ref = await stale.must(stale.begin({ effect: effect('acted') }))
    const hand = await scene.takenOver(stale, { leaseMs: 600_000 })
    await hand.must(hand.doubt(ref))
    const claim = effect('acted', { saw: { attempt: 1, evidence: 0 } })
    const again = await hand.must(hand.begin({ effect: claim, supersedes: ref }))
    await stale.put(stale.settle(ref))
    await hand.must(hand.settle(again, { did: 'not_performed' }))
    expect((await hand.put(hand.begin({ effect: effect('acted') }))).code).toBe('performed')
  },
  'an undo that was begun before the effect takes nothing back': async (scene) => {
    const [hand, other] = [await scene.held(), await scene.held()]
    const undoing = effect('undo', { tool: 'undo', undoes: { tool: 'tool', key: 'done' } })
    const ref = await hand.must(hand.begin({ effect: undoing }))
    await other.must(other.settle(await other.must(other.begin({ effect: effect('done') }))))
    await hand.must(hand.settle(ref))
    expect((await other.put(other.begin({ effect: effect('done') }))).code).toBe('performed')
  },
  'what was taken back is not taken back again': async (scene) => {
    const hand = await scene.held()
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: effect('stood') }))))
    const undoing = (key: string) => effect(key, { tool: 'undo', undoes: { tool: 'tool', key: 'stood', attempt: 1 } })
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: undoing('first') }))))
    expect((await hand.put(hand.begin({ effect: undoing('second') }))).code).toBe('gone')
  },
  'of two begins under one approval the second is refused': async (scene) => {
    const { hand, approval } = await approved(scene)
    await hand.must(hand.begin({ step: 'pay#1', effect: effect('a'), approval }))
    expect((await hand.put(hand.begin({ step: 'pay#2', effect: effect('b'), approval }))).code).toBe('unapproved')
  },
  'an approval is for its arguments alone': async (scene) => {
    const { hand, approval } = await approved(scene)
    const others = hand.begin({ effect: effect('c', { args: 'others' }), approval: { ...approval, args: 'others' } })
    expect((await hand.put(others)).code).toBe('unapproved')
  },
} as const satisfies Record<string, Check>

export type CheckName = keyof typeof CHECKS
