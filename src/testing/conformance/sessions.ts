import { expect } from 'vitest'
import { clause } from './clause.js'
import { Hand } from './hand.js'
import type { Scene } from './scene.js'

/** The session `a` of the scene's tenant. */
export async function sessionOf(s: Scene, session = 'a') {
  const row = await s.ledger.session({ tenant: s.tenant, session })
  if (!row) throw new RangeError(`no session ${session}`)
  return row
}

export const turns = [
  // Two runs of one conversation would work on each other's half-done state.
  clause('the first run of a session is due, the next ones wait for their turn', async (s) => {
    const [first, second] = [await s.admit({ session: 'a' }), await s.admit({ session: 'a' })]
    expect(await s.run(first)).toMatchObject({ sessionNo: 1, session: 'a' })
    const waiting = await s.run(second)
    expect(waiting).toMatchObject({ sessionNo: 2, state: 'queued' })
    expect(waiting.dueAt).toBe(waiting.deadlineAt)
    expect(await s.claims(await s.worker())).toEqual([first])
  }),

  // A tenant's names are its own.
  clause('sessions of one name in two tenants are two', async (s) => {
    await s.admit({ session: 'a' })
    const other = await s.run(await s.admit({ session: 'a', tenant: `${s.tenant}-2` }))
    expect(other).toMatchObject({ sessionNo: 1 })
    expect(other.dueAt).toBe(other.createdAt)
  }),

  // The turn is given in the transaction of the end, or a crash between them would leave it to nobody.
  clause('the end of a run starts the next of its session, in order', async (s) => {
    const workerId = await s.worker()
    const runIds = [await s.admit({ session: 'a' }), await s.admit({ session: 'a' }), await s.admit({ session: 'a' })]
    for (const runId of runIds) {
      expect(await s.claims(workerId, 1)).toEqual([runId])
      const hand = new Hand(s.ledger, await s.run(runId))
      await hand.must(hand.end())
    }
  }),

  // Its end must not give the turn away that another one has.
  clause('a run that gives up before its turn leaves the active one alone', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    const active = await s.claim(workerId, await s.admit({ session: 'a' }))
    const second = await s.admit({ session: 'a', deadlineMs: 5_000 })
    const third = await s.admit({ session: 'a' })
    await s.advance(5_000)
    const late = await s.claim(workerId, second)
    await late.must(late.end({ outcome: 'exhausted' }))
    expect(await s.claims(workerId)).toEqual([])
    await active.must(active.end())
    expect(await s.claims(workerId)).toEqual([third])
  }),

  // It runs already: made due once more it would be claimed from its holder. And nobody overtakes it.
  clause('a run that was claimed for its deadline has the turn, once it comes, until it has ended', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    const active = await s.claim(workerId, await s.admit({ session: 'a' }))
    const second = await s.admit({ session: 'a', deadlineMs: 5_000 })
    const third = await s.admit({ session: 'a' })
    await s.advance(5_000)
    const late = await s.claim(workerId, second)
    await active.must(active.end())
    expect((await s.run(second)).dueAt).toBeNull()
    expect(await s.claims(workerId)).toEqual([])
    const fourth = await s.admit({ session: 'a' })
    expect(await s.claims(workerId)).toEqual([])
    await late.must(late.end({ outcome: 'exhausted' }))
    expect(await s.claims(workerId)).toEqual([third])
    const hand = new Hand(s.ledger, await s.run(third))
    await hand.must(hand.end())
    expect(await s.claims(workerId)).toEqual([fourth])
  }),
]

export const contracts = [
  // What is shown of a conversation is one row.
  clause('a session is known from its first message on, with its active run and its numbers', async (s) => {
    expect(await s.ledger.session({ tenant: s.tenant, session: 'a' })).toBeNull()
    const runId = await s.admit({ session: 'a', idleMs: 5_000 })
    await s.admit({ session: 'a' })
    const { createdAt } = await s.run(runId)
    expect(await sessionOf(s)).toEqual({
      ...{ tenant: s.tenant, session: 'a', lastNo: 2, turnNo: 1, active: runId, sequenced: false, gapDueAt: null },
      ...{ state: null, closed: null, opened: 1, openedAt: createdAt, lastAt: createdAt, idleMs: 5_000 },
    })
  }),

  clause('sessions are listed by tenant and name, page by page, closed ones apart', async (s) => {
    for (const session of ['b', 'a', 'c']) await s.admit({ session })
    await s.ledger.closeSession({ tenant: s.tenant, session: 'b', by: 'ann' })
    const names = async (filter: Parameters<typeof s.ledger.sessions>[0]) =>
      (await s.ledger.sessions({ tenant: s.tenant, ...filter })).map(({ session }) => session)
    expect(await names({})).toEqual(['a', 'b', 'c'])
    expect(await names({ limit: 2 })).toEqual(['a', 'b'])
    expect(await names({ after: { tenant: s.tenant, session: 'a' } })).toEqual(['b', 'c'])
    expect([await names({ tenants: ['nobody'] }), await names({ tenants: [s.tenant], limit: 1 })]).toEqual([[], ['a']])
    expect([await names({ closed: true }), await names({ closed: false })]).toEqual([['b'], ['a', 'c']])
  }),

  // Both written by hand they would differ after a crash between them.
  clause('a session’s state is written with a note or the end, and the entry says which', async (s) => {
    const hand = await s.held({ session: 'a' })
    await hand.must(hand.note({ state: { version: 1, text: '{"n":1}' } }))
    expect((await sessionOf(s)).state).toEqual({ version: 1, text: '{"n":1}' })
    await hand.must(hand.end({ state: { version: 2, text: '{"n":2}' } }))
    expect((await sessionOf(s)).state).toEqual({ version: 2, text: '{"n":2}' })
    const facts = (await s.ledger.journal({ runId: hand.runId })).flatMap((entry) => entry.facts.state ?? [])
    expect(facts.map(({ version }) => version)).toEqual([1, 2])
    expect(facts[0]?.digest).toMatch(/^[0-9a-f]{64}$/)
  }),

  // A run that was claimed ahead of its turn, to be ended, knows nothing of what the active one does.
  clause('only the active run writes the session’s state', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    await s.claim(workerId, await s.admit({ session: 'a' }))
    const second = await s.admit({ session: 'a', deadlineMs: 5_000 })
    await s.advance(5_000)
    const late = await s.claim(workerId, second)
    const state = { version: 1, text: '{}' }
    expect(await late.put(late.note({ state }))).toMatchObject({ code: 'not_open' })
    expect(await late.put(late.end({ state }))).toMatchObject({ code: 'not_open' })
    const alone = await s.held()
    expect(await alone.put(alone.note({ state }))).toMatchObject({ code: 'not_open' })
    expect([(await sessionOf(s)).state, (await s.run(second)).state]).toEqual([null, 'running'])
  }),

  // What was accepted is worked; what comes later is refused, and somebody is told.
  clause('a closed session takes no message, and works those it has', async (s) => {
    const { tenant } = s
    const [first, second] = [await s.admit({ session: 'a', key: 'k' }), await s.admit({ session: 'a' })]
    const close = { tenant, session: 'a', by: 'ann', reason: 'solved' }
    expect(await s.ledger.closeSession({ ...close, session: 'b' })).toEqual({ code: 'unknown' })
    expect(await s.ledger.closeSession(close)).toEqual({ code: 'ok' })
    expect(await s.ledger.closeSession(close)).toEqual({ code: 'unchanged' })
    expect((await sessionOf(s)).closed).toEqual({ by: 'ann', reason: 'solved', at: await s.ledger.now() })
    expect((await s.ledger.admit(s.admission({ session: 'a', whileBusy: 'steer' }))).code).toBe('closed')
    expect(await s.ledger.admit(s.admission({ session: 'a', key: 'k' }))).toEqual({ code: 'existing', runId: first })
    const told = (await s.ledger.notices({ limit: 1_000, retryAfterMs: 0 })).filter((one) => one.tenant === tenant)
    expect(told.map(({ kind, body }) => [kind, body])).toEqual([['closed', '{"by":"ann","session":"a"}']])
    const hand = await s.claim(await s.worker(), first)
    await hand.must(hand.end())
    expect((await sessionOf(s)).active).toBe(second)
    expect((await s.ledger.runs({ tenant })).length).toBe(2)
  }),

  clause('a closed session that is opened again goes on as it was', async (s) => {
    const hand = await s.held({ session: 'a', idleMs: 1_000 })
    await hand.must(hand.end({ state: { version: 1, text: '{"n":1}' } }))
    const which = { tenant: s.tenant, session: 'a' }
    expect(await s.ledger.reopenSession({ ...which, by: 'ann' })).toEqual({ code: 'unchanged' })
    await s.ledger.closeSession({ ...which, by: 'ann' })
    await s.advance(5_000)
    expect(await s.ledger.reopenSession({ ...which, by: 'ann' })).toEqual({ code: 'ok' })
    expect((await s.ledger.admit(s.admission({ session: 'a' }))).code).toBe('ok')
    expect(await sessionOf(s)).toMatchObject({ closed: null, opened: 1, lastNo: 2, state: { version: 1 } })
  }),

  // Whoever comes back after a month must not go on with what was half said then.
  clause('a session that was idle for too long is opened anew, without its state', async (s) => {
    const first = await s.held({ session: 'a', idleMs: 5_000 })
    await first.must(first.end({ state: { version: 1, text: '{"n":1}' } }))
    await s.advance(4_999)
    const second = await s.claim(await s.worker(), await s.admit({ session: 'a' }))
    expect(await sessionOf(s)).toMatchObject({ opened: 1, state: { version: 1 } })
    await s.advance(50_000)
    await s.admit({ session: 'a' })
    expect(await sessionOf(s)).toMatchObject({ opened: 1, state: { version: 1 } })
    await second.must(second.end())
    const third = await s.claim(await s.worker(), (await sessionOf(s)).active ?? '')
    await third.must(third.end())
    await s.advance(5_000)
    const last = await s.admit({ session: 'a', idleMs: 7_000 })
    const { createdAt } = await s.run(last)
    expect(await sessionOf(s)).toMatchObject({ opened: 2, openedAt: createdAt, state: null, idleMs: 7_000, lastNo: 4 })
  }),
]
