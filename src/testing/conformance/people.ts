import { expect } from 'vitest'
import { clause } from './clause.js'
import { effect, question } from './hand.js'

export const people = [
  // A question need not wait until the run has nothing else to do.
  clause(
    'a note opens a question while the run goes on, and its answer is mail that makes it due at no time',
    async (s) => {
      const hand = await s.held()
      const id = `${s.tenant}-q`
      const { at } = await hand.put(hand.note({ escalations: [question(id)] }))
      const [open] = await s.ledger.escalations({ id })
      expect(open).toMatchObject({ state: 'open', runId: hand.runId, rung: 0, dueAt: at + 60_000 })
      expect(await s.ledger.answer({ id, decision: 'approve', by: 'ann' })).toEqual({ code: 'ok' })
      expect(await s.run(hand.runId)).toMatchObject({ state: 'running', dueAt: null, mailHead: 1 })
      await hand.must(hand.park({ dueInMs: 100_000, mailSeen: 0 }))
      expect((await s.run(hand.runId)).dueAt).toBe(await s.ledger.now())
    },
  ),

  // Parallel branches may each ask.
  clause('a park may open several questions, each due when its rung’s time is over', async (s) => {
    const hand = await s.held()
    const [a, b] = [`${hand.runId}-a`, `${hand.runId}-b`]
    const { at } = await hand.put(hand.park({ escalations: [question(a), question(b, { rung: 1, kind: 'question' })] }))
    expect((await s.run(hand.runId)).dueAt).toBe(at + 60_000)
    const [first] = await s.ledger.escalations({ id: a })
    expect(first).toEqual({
      ...question(a),
      ...{ tenant: s.tenant, runId: hand.runId, agent: s.agent, state: 'open', dueAt: at + 60_000 },
      ...{ decision: null, by: null, note: null, result: null, openedAt: at, answeredAt: null },
      ...{ people: 1, selfApproval: false, first: null, version: 1, usedBy: null },
    })
    expect(await s.ledger.escalations({ runId: hand.runId, state: 'open' })).toHaveLength(2)
    expect(await s.ledger.escalations({ id: b })).toMatchObject([{ rung: 1, dueAt: at + 120_000 }])
  }),

  // A page of what waits for people, of the tenants that the one who asks may see.
  clause('questions are found by tenant and kind, a page at a time in order of their opening', async (s) => {
    const hand = await s.held()
    const ids = ['a', 'b', 'c'].map((letter) => `${hand.runId}-${letter}`)
    const asked = ids.map((id, i) => question(id, { kind: i === 2 ? 'question' : 'approval' }))
    const { at } = await hand.put(hand.park({ escalations: asked }))
    const found = async (p: object) => (await s.ledger.escalations({ tenants: [s.tenant], ...p })).map(({ id }) => id)
    expect(await found({})).toEqual(ids)
    expect(await found({ kind: 'approval' })).toEqual(ids.slice(0, 2))
    expect(await found({ limit: 2 })).toEqual(ids.slice(0, 2))
    expect(await found({ after: { openedAt: at, id: ids[1] } })).toEqual(ids.slice(2))
    expect(await found({ tenants: ['nobody'] })).toEqual([])
  }),

  // One question, one id, however many were asked in turn.
  clause('the same id again moves its rung', async (s) => {
    const first = await s.held()
    const id = `${first.runId}-q`
    await first.must(first.park({ escalations: [question(id)] }))
    await s.advance(60_000)
    const hand = await s.claim(await s.worker(), first.runId)
    const { at } = await hand.put(hand.park({ escalations: [question(id, { rung: 1 })] }))
    expect(await s.ledger.escalations({ id })).toMatchObject([
      { state: 'open', rung: 1, dueAt: at + 120_000, openedAt: at - 60_000 },
    ])
    expect((await s.run(hand.runId)).dueAt).toBe(at + 120_000)
  }),

  // Only the holder writes the journal: an answer is mail.
  clause('an answer is taken once, goes to the run as mail and makes it due', async (s) => {
    const hand = await s.held()
    const id = `${hand.runId}-q`
    await hand.must(hand.park({ escalations: [question(id)] }))
    const says = { id, decision: 'approve', by: 'ann', args: 'args', note: 'fine' } as const
    expect(await s.ledger.answer(says)).toEqual({ code: 'ok' })
    expect(await s.ledger.answer({ ...says, decision: 'deny' })).toMatchObject({ code: 'closed', state: 'answered' })
    const now = await s.ledger.now()
    expect(await s.ledger.escalations({ id })).toMatchObject([
      { state: 'answered', decision: 'approve', by: 'ann', note: 'fine', result: null, answeredAt: now },
    ])
    const [mail] = await s.ledger.mail({ runId: hand.runId, after: 0 })
    expect(mail?.kind).toBe('answer')
    expect(JSON.parse(mail?.body ?? '')).toEqual({ escalation: id, decision: 'approve', by: 'ann', note: 'fine' })
    expect(await s.run(hand.runId)).toMatchObject({ dueAt: now, mailHead: 1 })
    expect(await s.ledger.mail({ runId: hand.runId, after: 1 })).toEqual([])
  }),

  // An approval of 10 must not become one of 1,000.
  clause('an answer is for the arguments that were shown', async (s) => {
    const hand = await s.held()
    const id = `${hand.runId}-q`
    await hand.must(hand.park({ escalations: [question(id)] }))
    const says = { id, decision: 'approve', by: 'ann' } as const
    expect(await s.ledger.answer({ ...says, args: 'others' })).toEqual({ code: 'other_arguments' })
    expect(await s.ledger.answer(says)).toEqual({ code: 'ok' })
  }),

  // "Approve" says nothing about whether it happened.
  clause('each kind of question has its own decisions', async (s) => {
    const fits = { approval: ['approve', 'deny'], doubt: ['happened', 'not_happened'], question: ['answer'] } as const
    for (const kind of ['approval', 'doubt', 'question'] as const) {
      const hand = await s.held()
      const id = `${hand.runId}-q`
      await hand.must(hand.park({ escalations: [question(id, { kind })] }))
      const wrong = (['approve', 'deny', 'happened', 'not_happened', 'answer'] as const).filter(
        (decision) => !(fits[kind] as readonly string[]).includes(decision),
      )
      for (const decision of wrong) {
        expect(await s.ledger.answer({ id, decision, by: 'ann' })).toEqual({ code: 'wrong_kind' })
      }
      expect(await s.ledger.answer({ id, decision: fits[kind][0], by: 'ann', result: '{"x":1}' })).toEqual({
        code: 'ok',
      })
      expect(await s.ledger.escalations({ id })).toMatchObject([{ result: '{"x":1}' }])
    }
  }),

  // A person's word would be overtaken by the act.
  clause('nobody may say "it did not" while the attempt may still be acting', async (s) => {
    const hand = await s.held()
    const id = `${hand.runId}-q`
    const notBefore = (await s.ledger.now()) + 5_000
    await hand.must(hand.park({ escalations: [question(id, { kind: 'doubt', notBefore })] }))
    const says = { id, decision: 'not_happened', by: 'ann' } as const
    expect(await s.ledger.answer(says)).toEqual({ code: 'too_early', notBefore })
    await s.advance(5_000)
    expect(await s.ledger.answer(says)).toEqual({ code: 'ok' })
  }),

  // A mistyped id is not a decision.
  clause('nobody is asked what was never asked', async (s) => {
    const hand = await s.held()
    const says = { decision: 'approve', by: 'ann' } as const
    expect(await s.ledger.answer({ id: `${hand.runId}-q`, ...says })).toEqual({ code: 'unknown' })
  }),

  // The default and the answer would otherwise both be taken.
  clause('a question expires only if nobody answered it in the same moment', async (s) => {
    const first = await s.held()
    const [a, b] = [`${first.runId}-a`, `${first.runId}-b`]
    await first.must(first.park({ escalations: [question(a), question(b)] }))
    await s.ledger.answer({ id: b, decision: 'deny', by: 'ann' })
    await s.advance(60_000)
    const hand = await s.claim(await s.worker(), first.runId)
    await hand.must(hand.note({ expires: a }))
    expect(await s.ledger.escalations({ id: a })).toMatchObject([{ state: 'expired' }])
    expect(await s.ledger.answer({ id: a, decision: 'approve', by: 'ann' })).toMatchObject({ code: 'closed' })
    for (const expires of [a, b, 'none']) {
      expect(await hand.put(hand.note({ expires }))).toMatchObject({ code: 'not_open' })
    }
    const stranger = await s.held()
    await stranger.must(stranger.park({ escalations: [question(`${stranger.runId}-c`)] }))
    expect(await hand.put(hand.note({ expires: `${stranger.runId}-c` }))).toMatchObject({ code: 'not_open' })
  }),

  // Nobody is bothered for nothing; but who may have paid still has to know.
  clause('the end of a run voids its questions, but not of a doubt that stays open', async (s) => {
    const first = await s.held()
    await first.mustDoubt({ effect: effect('k') })
    const [a, d, other] = [`${first.runId}-a`, `${first.runId}-d`, `${first.runId}-o`]
    const doubt = { kind: 'doubt' } as const
    const asked = [question(a), question(d, doubt), question(other, { ...doubt, args: 'others' })]
    await first.must(first.park({ escalations: asked }))
    await s.advance(60_000)
    const hand = await s.claim(await s.worker(), first.runId)
    await hand.must(hand.end())
    const state = async (id: string) => (await s.ledger.escalations({ id }))[0]?.state
    expect([await state(a), await state(d), await state(other)]).toEqual(['void', 'open', 'void'])
    expect(await s.ledger.answer({ id: a, decision: 'approve', by: 'ann' })).toMatchObject({
      code: 'closed',
      state: 'void',
    })
  }),

  // Somebody knows now what became of it.
  clause('an answer to a doubt makes an ended run due', async (s) => {
    const first = await s.held()
    await first.mustDoubt({ effect: effect('k') })
    const id = `${first.runId}-d`
    await first.must(first.park({ escalations: [question(id, { kind: 'doubt' })] }))
    await s.advance(60_000)
    const hand = await s.claim(await s.worker(), first.runId)
    const now = await s.ledger.now()
    await hand.must(hand.end({ dueAt: now + 500_000 }))
    await s.ledger.answer({ id, decision: 'happened', by: 'ann' })
    expect((await s.run(first.runId)).dueAt).toBe(now)
  }),
]

export const notices = [
  // Somebody must be told at two in the morning.
  clause('people are told of questions, doubts, kills, releases and dead letters', async (s) => {
    const hand = await s.held()
    const id = hand.runId
    await hand.must(hand.park({ escalations: [question(`${id}-a`), question(`${id}-d`, { kind: 'doubt' })] }))
    const failed = await s.held()
    await failed.must(failed.end({ outcome: 'failed', detail: 'crash' }))
    await s.ledger.engage({ scope: `run:${id}`, mode: 'hold', by: 'ann' })
    await s.ledger.release({ scope: `run:${id}`, by: 'ann', jitterMs: 0 })
    const told = await s.ledger.notices({ limit: 10_000, retryAfterMs: 0 })
    const kindsOf = (runId: string) => told.filter((one) => one.runId === runId).map((one) => one.kind)
    expect(kindsOf(id).sort()).toEqual(['doubt', 'escalation'])
    expect(kindsOf(failed.runId)).toEqual(['dead_letter'])
    const kinds = told.filter((one) => one.body.includes(id) && one.runId === null).map((one) => one.kind)
    expect(kinds.sort()).toEqual(['kill', 'release'])
  }),

  // At least once: a webhook that was down must not swallow it.
  clause('a notice comes again until it is said to have been sent', async (s) => {
    const failed = await s.held()
    await failed.must(failed.end({ outcome: 'failed' }))
    const ours = async (retryAfterMs: number) =>
      (await s.ledger.notices({ limit: 10_000, retryAfterMs })).find((one) => one.runId === failed.runId)
    const first = await ours(5_000)
    expect(first).toMatchObject({ kind: 'dead_letter', tenant: s.tenant })
    expect(await ours(5_000)).toBeUndefined()
    await s.advance(5_000)
    const second = await ours(5_000)
    expect(second).toMatchObject({ id: first?.id, tries: (first?.tries ?? 0) + 1 })
    await s.ledger.noticeSent({ id: first?.id ?? '' })
    await s.advance(5_000)
    expect(await ours(5_000)).toBeUndefined()
  }),
]
