import { expect } from 'vitest'
import type { NewEscalation } from '../../core/ops.js'
import { clause } from './clause.js'
import { question } from './hand.js'
import type { Scene } from './scene.js'

/** A run of `cleo` with a question that is open. */
async function asked(s: Scene, wish: Partial<NewEscalation> = {}) {
  const hand = await s.held({ principal: 'cleo' })
  const id = `${hand.runId}-q`
  await hand.must(hand.park({ escalations: [question(id, wish)] }))
  const says = (by: string, more: { decision?: 'approve' | 'deny' | 'answer'; note?: string; result?: string } = {}) =>
    s.ledger.answer({ id, decision: wish.kind === 'question' ? 'answer' : 'approve', by, ...more })
  const row = async () => (await s.ledger.escalations({ id }))[0]
  const mail = async () => (await s.ledger.mail({ runId: hand.runId, after: 0 })).map((one) => JSON.parse(one.body))
  return { hand, id, says, row, mail }
}

/** Who may say yes, and how many of them. */
export const approvers = [
  // A request would otherwise be its own permission.
  clause('who asked for the run does not approve it, but may say no', async (s) => {
    const { says, row, mail } = await asked(s)
    expect(await says('cleo')).toEqual({ code: 'requester' })
    expect(await says('cleo', { result: '{"amount":1}' })).toEqual({ code: 'requester' })
    expect([(await row())?.state, await mail()]).toEqual(['open', []])
    expect(await says('cleo', { decision: 'deny' })).toEqual({ code: 'ok' })
    expect(await row()).toMatchObject({ state: 'answered', decision: 'deny', by: 'cleo' })
  }),

  clause('a policy may let the requester approve, and a question is no approval', async (s) => {
    expect(await (await asked(s, { selfApproval: true })).says('cleo')).toEqual({ code: 'ok' })
    expect(await (await asked(s, { kind: 'question' })).says('cleo')).toEqual({ code: 'ok' })
    expect(await (await asked(s, { kind: 'question', people: 2 })).says('cleo')).toEqual({ code: 'requester' })
  }),

  // One stolen account must not be enough.
  clause('of two the first is kept, and the run hears of the second', async (s) => {
    const { says, row, mail, hand } = await asked(s, { people: 2 })
    expect(await says('ann', { note: 'fine' })).toEqual({ code: 'ok', missing: 1 })
    const at = await s.ledger.now()
    expect(await row()).toMatchObject({
      ...{ state: 'open', people: 2, decision: null, by: null, first: { by: 'ann', note: 'fine', result: null, at } },
    })
    expect([await mail(), (await s.run(hand.runId)).mailHead]).toEqual([[], 0])
    expect(await says('ann')).toEqual({ code: 'same_person' })
    expect(await says('bob')).toEqual({ code: 'ok' })
    expect(await row()).toMatchObject({ state: 'answered', decision: 'approve', by: 'bob', first: { by: 'ann' } })
    const [heard] = await mail()
    expect(heard).toMatchObject({ by: 'bob', decision: 'approve', first: { by: 'ann', note: 'fine' } })
    expect(await says('carl')).toMatchObject({ code: 'closed' })
  }),

  clause('people are told that one more is asked for', async (s) => {
    const { says, id, hand } = await asked(s, { people: 2 })
    await says('ann')
    const told = await s.ledger.notices({ limit: 10_000, retryAfterMs: 0 })
    const bodies = told.filter((one) => one.runId === hand.runId).map((one) => JSON.parse(one.body))
    expect(bodies).toEqual([
      { escalation: id, kind: 'approval', rung: 0, to: 'desk', tool: 'tool' },
      { escalation: id, first: 'ann', kind: 'approval', rung: 0, to: 'desk', tool: 'tool' },
    ])
  }),

  clause('one no is a no, whoever says it and when', async (s) => {
    const atOnce = await asked(s, { people: 2 })
    expect(await atOnce.says('bob', { decision: 'deny' })).toEqual({ code: 'ok' })
    const later = await asked(s, { people: 2 })
    await later.says('ann')
    expect(await later.says('bob', { decision: 'deny' })).toEqual({ code: 'ok' })
    expect(await later.row()).toMatchObject({ decision: 'deny', by: 'bob', first: { by: 'ann' } })
    const changed = await asked(s, { people: 2 })
    await changed.says('ann')
    expect(await changed.says('ann', { decision: 'deny' })).toEqual({ code: 'ok' })
    expect(await changed.row()).toMatchObject({ decision: 'deny', by: 'ann', first: null })
    expect(await changed.mail()).toEqual([expect.not.objectContaining({ first: expect.anything() })])
  }),

  // It is a new proposal: nobody has said yes to it yet.
  clause('arguments that are changed decide at once', async (s) => {
    const { says, row, mail } = await asked(s, { people: 2 })
    expect(await says('ann', { result: '{"amount":1}' })).toEqual({ code: 'ok' })
    expect(await row()).toMatchObject({ decision: 'approve', by: 'ann', result: '{"amount":1}', first: null })
    expect(await mail()).toMatchObject([{ by: 'ann', result: '{"amount":1}' }])
  }),

  clause('two who answer a question are both heard', async (s) => {
    const { says, mail } = await asked(s, { kind: 'question', people: 2 })
    expect(await says('ann', { result: '"red"' })).toEqual({ code: 'ok', missing: 1 })
    expect(await says('bob', { result: '"blue"' })).toEqual({ code: 'ok' })
    expect(await mail()).toMatchObject([{ by: 'bob', result: '"blue"', first: { by: 'ann', result: '"red"' } }])
  }),

  clause('the first of two is kept from rung to rung, and is worth nothing when the time is over', async (s) => {
    const { says, id, hand, row } = await asked(s, { people: 2 })
    await says('ann')
    await s.advance(60_000)
    const heir = await s.claim(await s.worker(), hand.runId)
    await heir.must(heir.park({ escalations: [question(id, { people: 2, rung: 1 })] }))
    expect(await row()).toMatchObject({ rung: 1, first: { by: 'ann' } })
    await s.advance(120_000)
    const last = await s.claim(await s.worker(), hand.runId)
    await last.must(last.note({ expires: id }))
    expect(await says('bob')).toMatchObject({ code: 'closed', state: 'expired' })
  }),

  clause('what the first of two said is erased with the rest', async (s) => {
    const { says, id, hand } = await asked(s, { people: 2 })
    await says('ann', { note: 'fine' })
    await s.advance(60_000)
    const heir = await s.claim(await s.worker(), hand.runId)
    await heir.must(heir.end())
    await s.ledger.erase({ runId: hand.runId })
    expect(await s.ledger.escalations({ id })).toMatchObject([{ show: '{}', first: { by: 'ann', note: null } }])
  }),
]
