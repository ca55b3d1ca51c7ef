import { beforeEach, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { effect, type Hand, question } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { asking, kindsOf, stage } from './isolation/stage.js'

const on = stage()
let hand: Hand
let heir: number

/** A run whose worker's lease has run out, and another worker who may take it. */
beforeEach(async () => {
  hand = await on.scene.held({ session: 's' })
  heir = await on.scene.worker({ leaseMs: 600_000 })
})

const lapse = () => on.scene.advance(60_000)
const claim = (ledger: Ledger) => ledger.claim({ workerId: heir, limit: 1, runId: hand.runId })

it('claim then begin: the worker that was relieved begins nothing', async () => {
  await lapse()
  const { first, second, waited } = await on.arena.duel(claim, apply(hand.begin({ effect: effect('k') })))
  expect([first.length, second.code, waited]).toEqual([1, 'fenced', true])
  expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim', 'claim'])
})

it('claim then settle: the receipt of the worker that was relieved is kept as evidence and told by mail', async () => {
  const ref = await hand.must(hand.begin({ effect: effect('late') }))
  await lapse()
  const { second, waited } = await on.arena.duel(claim, apply(hand.settle(ref)))
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await on.scene.ledger.evidence({ runId: hand.runId })).toMatchObject([{ ref, did: 'performed' }])
  expect(await on.scene.ledger.mail({ runId: hand.runId, after: 0 })).toMatchObject([{ kind: 'evidence' }])
  const row = await on.scene.ledger.effect({ tenant: on.scene.tenant, tool: 'tool', key: 'late' })
  expect(row).toMatchObject({ state: 'under_way', evidence: 1 })
})

it('claim then claim: one owner; the other is not held up', async () => {
  await lapse()
  const rival = await on.scene.worker({ leaseMs: 600_000 })
  const { first, second, waited } = await on.arena.duel(claim, (ledger) => ledger.claim({ workerId: rival, limit: 10 }))
  expect([first.length, second, waited]).toEqual([1, [], false])
  expect((await on.scene.run(hand.runId)).workerId).toBe(heir)
})

it.each(['park', 'end'] as const)('claim then %s: the worker that was relieved gives nothing back', async (kind) => {
  await lapse()
  const { second, waited } = await on.arena.duel(claim, apply(kind === 'park' ? hand.park({ dueInMs: 5 }) : hand.end()))
  expect([second.code, waited]).toEqual(['fenced', true])
  expect(await on.scene.run(hand.runId)).toMatchObject({ state: 'running', workerId: heir })
})

it('claim then admit: a session takes its next run meanwhile', async () => {
  await lapse()
  const next = on.scene.admission({ session: 's' })
  const { second, waited } = await on.arena.duel(claim, (ledger) => ledger.admit(next))
  expect([second.code, waited]).toEqual(['ok', false])
})

it.each(['run', 'session', 'tenant', 'fleet'] as const)(
  'claim then engage: whoever claimed before a kill of the %s begins nothing after it',
  async (kind) => {
    await lapse()
    const { tenant } = on.scene
    const scope = {
      run: `run:${hand.runId}`,
      session: `session:${tenant}/s`,
      tenant: `tenant:${tenant}`,
      fleet: 'fleet',
    }[kind]
    const { first, waited } = await on.arena.duel(claim, (ledger) =>
      ledger.engage({ scope, mode: 'hold', by: 'operator' }),
    )
    // Scopes of one run take its row; the wide ones need not wait for a claim, which grants nothing.
    expect([first[0]?.switched, waited]).toEqual([null, kind === 'run' || kind === 'session'])
    const [claimed] = first
    const begin = { ...hand.begin(), fence: claimed?.run.fence ?? 0, seq: (claimed?.run.headSeq ?? 0) + 1 }
    expect(await apply(begin)(on.scene.ledger)).toMatchObject({ code: 'switched', scope })
  },
)

it('claim then answer: mail that comes while a run is being claimed is not lost', async () => {
  const id = `${on.scene.tenant}-question`
  const asked = await asking(on.scene, id)
  await asked.must(asked.park({ dueInMs: 0, escalations: [question(id)] }))
  const { first, second, waited } = await on.arena.duel(
    (ledger) => ledger.claim({ workerId: heir, limit: 1, runId: asked.runId }),
    (ledger) => ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([first[0]?.run.mailHead, second.code, waited]).toEqual([0, 'ok', true])
  expect(await on.scene.run(asked.runId)).toMatchObject({ state: 'running', dueAt: null, mailHead: 1 })
})
