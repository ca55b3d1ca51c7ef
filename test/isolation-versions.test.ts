import { beforeEach, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import type { Hand } from '../src/testing/conformance/hand.js'
import { kindsOf, stage } from './isolation/stage.js'

const on = stage()
let hand: Hand
let old: number
let newer: number

/** A run that waits and is due, with a worker of its version and one of the next. */
beforeEach(async () => {
  hand = await on.scene.held()
  await hand.must(hand.park({ dueInMs: 0 }))
  old = await on.scene.worker()
  newer = await on.scene.worker({ serves: [`${on.scene.agent}@2#print`] })
})

const claimBy = (workerId: () => number) => (ledger: Ledger) =>
  ledger.claim({ workerId: workerId(), limit: 1, runId: hand.runId })
const repin = (ledger: Ledger) => ledger.repin({ runId: hand.runId, version: 2, fingerprint: 'print', by: 'ann' })
const row = () => on.scene.run(hand.runId)

it('repin then claim: a worker of the old version does not get it, nor waits', async () => {
  const { first, second, waited } = await on.arena.duel(
    repin,
    claimBy(() => old),
  )
  expect([first.code, second, waited]).toEqual(['ok', [], false])
  expect(await row()).toMatchObject({ state: 'waiting', version: 2, workerId: null })
  expect((await claimBy(() => newer)(on.scene.ledger)).map(({ run }) => run.version)).toEqual([2])
})

it('repin then claim: whoever serves the new version gets it once the move stands', async () => {
  const { second, waited } = await on.arena.duel(
    repin,
    claimBy(() => newer),
  )
  expect([second, waited]).toEqual([[], false])
  expect(await claimBy(() => newer)(on.scene.ledger)).toHaveLength(1)
})

it('claim then repin: a run that was just taken is not moved under its worker’s hands', async () => {
  const { first, second, waited } = await on.arena.duel(
    claimBy(() => old),
    repin,
  )
  expect([first.length, second.code, waited]).toEqual([1, 'held', true])
  expect(await row()).toMatchObject({ state: 'running', version: 1, workerId: old, mailHead: 0 })
})

it('repin then repin: both stand, in order, and both are told', async () => {
  const back = (ledger: Ledger) => ledger.repin({ runId: hand.runId, version: 1, fingerprint: 'print', by: 'bob' })
  const { first, second, waited } = await on.arena.duel(repin, back)
  expect([first.code, second.code, waited]).toEqual(['ok', 'ok', true])
  const mail = await on.scene.ledger.mail({ runId: hand.runId, after: 0 })
  expect(mail.map(({ body }) => JSON.parse(body).by)).toEqual(['ann', 'bob'])
  expect(await row()).toMatchObject({ version: 1, mailHead: 2 })
})

it('repin then engage: a kill of the run waits for the move, and covers it', async () => {
  const engage = (ledger: Ledger) => ledger.engage({ scope: `run:${hand.runId}`, mode: 'end', by: 'ann' })
  const { waited } = await on.arena.duel(repin, engage)
  expect(waited).toBe(true)
  const [claimed] = await claimBy(() => newer)(on.scene.ledger)
  expect(claimed?.switched).toMatchObject({ mode: 'end' })
  expect(await kindsOf(on.scene, hand.runId)).toEqual(['admit', 'claim', 'park', 'claim'])
})

it('claimMisfit then claimMisfit: one owner; the other neither waits nor gets it later', async () => {
  const misfit = await on.scene.held()
  await misfit.must(misfit.park({ waits: 'mismatch:act#1' }))
  const rival = await on.scene.worker()
  const by = (workerId: number) => (ledger: Ledger) => ledger.claimMisfit({ workerId, runId: misfit.runId })
  const { first, second, waited } = await on.arena.duel(by(old), by(rival))
  expect([first.length, second, waited]).toEqual([1, [], false])
  expect(await by(rival)(on.scene.ledger)).toEqual([])
  expect(await on.scene.run(misfit.runId)).toMatchObject({ state: 'running', workerId: old })
})

it('tick then tick: each tick is dealt with once, though two workers deal with it in the same moment', async () => {
  const { agent, ledger } = on.scene
  const asked = { name: agent, version: 1, cron: '* * * * *', tz: 'UTC', overlap: 'queue', missed: 'last' } as const
  const row = await ledger.schedules.keep({ ...asked, since: 1, staleMs: 60_000 })
  await on.scene.advance(60_000)
  const at = row.doneUntil + 60_000
  const tick = (runId: string) => {
    const admission = on.scene.admission({ runId, key: `tick:${agent}:${at}`, session: `schedule:${agent}` })
    const p = { name: agent, revision: 1, from: row.doneUntil, until: at, skipped: 0, runs: [{ at, admission }] }
    return (one: Ledger) => one.schedules.tick(p)
  }
  const { first, second, waited } = await on.arena.duel(tick(`${agent}-a`), tick(`${agent}-b`))
  expect([first.code, second.code, waited]).toEqual(['ok', 'moved', true])
  expect((await ledger.runs({ agent })).map(({ key }) => key).filter((key) => key?.startsWith('tick:'))).toHaveLength(1)
})
