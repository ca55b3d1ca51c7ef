import { expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { effect, type Hand, question } from '../src/testing/conformance/hand.js'
import { apply } from './isolation/arena.js'
import { asking, kindsOf, stage } from './isolation/stage.js'

const on = stage()

const engage =
  (scope: string, mode: 'hold' | 'end' = 'end') =>
  (ledger: Ledger) =>
    ledger.engage({ scope, mode, by: 'operator' })

const KINDS = ['fleet', 'tenant', 'agent', 'tool', 'session', 'run'] as const

function scopeOf(kind: (typeof KINDS)[number], hand: Pick<Hand, 'runId'>): string {
  const { tenant, agent } = on.scene
  return {
    fleet: 'fleet',
    tenant: `tenant:${tenant}`,
    agent: `agent:${agent}`,
    tool: 'tool:saw',
    session: `session:${tenant}/s`,
    run: `run:${hand.runId}`,
  }[kind]
}

it.each(KINDS)(
  'engage then begin: nothing begins after a kill of the %s, not even what had asked before',
  async (kind) => {
    const hand = await on.scene.held({ session: 's' })
    const scope = scopeOf(kind, hand)
    const { second, waited } = await on.arena.duel(
      engage(scope),
      apply(hand.begin({ tool: 'saw', effect: effect(`killed-${kind}`) })),
    )
    expect([second.code, second.scope, waited]).toEqual(['switched', scope, true])
    expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim'])
  },
)

it('engage then begin: what a kill does not cover goes on', async () => {
  const [hand, other] = [await on.scene.held(), await on.scene.held()]
  const { second, waited } = await on.arena.duel(engage(`run:${hand.runId}`), apply(other.begin()))
  expect([second.code, waited]).toEqual(['ok', false])
})

it('engage then begin: two begins that wait for one kill are both refused', async () => {
  const [hand, other] = [await on.scene.held(), await on.scene.held()]
  const { second } = await on.arena.duel(engage('fleet'), (ledger) =>
    Promise.all([apply(hand.begin())(ledger), apply(other.begin())(ledger)]),
  )
  expect(second.map(({ code }) => code)).toEqual(['switched', 'switched'])
})

it.each(KINDS)('engage then settle: a receipt is taken after a kill of the %s', async (kind) => {
  const hand = await on.scene.held({ session: 's' })
  const ref = await hand.must(hand.begin({ tool: 'saw', effect: effect(`receipt-${kind}`) }))
  const { second } = await on.arena.duel(engage(scopeOf(kind, hand)), apply(hand.settle(ref)))
  expect(second.code).toBe('ok')
})

it.each(['tenant', 'run'] as const)('engage then claim: the run is had, and told of a kill of the %s', async (kind) => {
  const runId = await on.scene.admit({ session: 's' })
  const scope = scopeOf(kind, { runId })
  const heir = await on.scene.worker()
  const claim = { workerId: heir, limit: 1, runId }
  const { second, waited } = await on.arena.duel(engage(scope), (ledger) => ledger.claim(claim))
  expect([second.length, waited]).toEqual([kind === 'run' ? 0 : 1, false])
  if (kind === 'run') expect((await on.scene.ledger.claim(claim))[0]?.switched).toMatchObject({ scope })
  else expect(await on.scene.ledger.switchedRun({ runId })).toMatchObject({ scope })
})

it.each(['park', 'end'] as const)('engage then %s: a run can always be given back', async (kind) => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(
    engage('fleet'),
    apply(kind === 'park' ? hand.park({ dueInMs: 1_000 }) : hand.end({ outcome: 'killed' })),
  )
  expect([second.code, waited]).toEqual(['ok', true])
})

it.each(['session', 'tenant'] as const)(
  'engage then admit: a run admitted after a kill of the %s is covered',
  async (kind) => {
    await on.scene.admit({ session: 's' })
    const next = on.scene.admission({ session: 's' })
    const scope = scopeOf(kind, next)
    const { second, waited } = await on.arena.duel(engage(scope), (ledger) => ledger.admit(next))
    expect([second.code, waited]).toEqual(['ok', kind === 'session'])
    expect(await on.scene.ledger.switchedRun({ runId: next.runId })).toMatchObject({ scope })
  },
)

it('engage then engage: two kills take their epochs one after the other', async () => {
  const { first, second, waited } = await on.arena.duel(
    engage(`tenant:${on.scene.tenant}`),
    engage(`agent:${on.scene.agent}`),
  )
  expect([second.epoch - first.epoch, waited]).toEqual([1, true])
})

it('engage then engage: the later mode of one scope stands', async () => {
  const scope = `tenant:${on.scene.tenant}`
  const { waited } = await on.arena.duel(engage(scope, 'end'), engage(scope, 'hold'))
  expect(waited).toBe(true)
  const rows = await on.scene.ledger.switches()
  expect(rows.find((row) => row.scope === scope)).toMatchObject({ mode: 'hold', engaged: true })
})

it('engage then release: a release waits for the kill and undoes it', async () => {
  const hand = await on.scene.held()
  const { second, waited } = await on.arena.duel(engage('fleet'), (ledger) =>
    ledger.release({ scope: 'fleet', by: 'operator', jitterMs: 0 }),
  )
  expect([second.released, waited]).toEqual([true, true])
  expect((await hand.put(hand.begin())).code).toBe('ok')
})

it.each(['tenant', 'run'] as const)('engage then answer: a person is heard after a kill of the %s', async (kind) => {
  const id = `${on.scene.tenant}-question`
  const hand = await asking(on.scene, id)
  await hand.must(hand.park({ dueInMs: 600_000, escalations: [question(id)] }))
  const { second, waited } = await on.arena.duel(engage(scopeOf(kind, hand)), (ledger) =>
    ledger.answer({ id, decision: 'approve', by: 'ann' }),
  )
  expect([second.code, waited]).toEqual(['ok', kind === 'run'])
  expect((await on.scene.run(hand.runId)).dueAt).toBe(await on.scene.ledger.now())
})
