import { expect } from 'vitest'
import { clause } from './clause.js'
import { Hand } from './hand.js'

export const admission = [
  // Everything about a run is fixed at its admission and written as its first entry.
  clause('an admitted run is queued, due at once, with its deadline and its first entry', async (s) => {
    const { code, runId } = await s.ledger.admit(s.admission({ deadlineMs: 9_000, principal: 'ann' }))
    expect(code).toBe('ok')
    const run = await s.run(runId)
    expect(run).toMatchObject({ state: 'queued', tenant: s.tenant, agent: s.agent, principal: 'ann', origin: runId })
    expect(run).toMatchObject({ fence: 0, headSeq: 1, claims: 0, open: [], outcome: null, sessionNo: null })
    expect(run.dueAt).toBe(run.createdAt)
    expect(run.deadlineAt).toBe(run.createdAt + 9_000)
    expect(run.meters).toMatchObject({ usd: { used: 0, reserved: 0 } })
    const [entry] = await s.ledger.journal({ runId })
    expect(entry).toMatchObject({ seq: 1, kind: 'admit', fence: 0, body: '{"input":1}', ref: null })
  }),

  // Default effect keys are made of the origin, so that a redrive finds what was already done.
  clause('the origin of a lineage is kept', async (s) => {
    const origin = await s.admit()
    expect((await s.run(await s.admit({ origin }))).origin).toBe(origin)
  }),

  // A caller that heard nothing asks again: one run, not two.
  clause('the same key and input again is the existing run', async (s) => {
    const runId = await s.admit({ key: 'k' })
    expect(await s.ledger.admit(s.admission({ key: 'k' }))).toEqual({ code: 'existing', runId })
    expect(await s.ledger.runs({ tenant: s.tenant })).toHaveLength(1)
  }),

  // Two wishes under one key: whoever gets the first one's outcome for the second is deceived.
  clause('the same key with another input is a conflict', async (s) => {
    const runId = await s.admit({ key: 'k' })
    expect(await s.ledger.admit(s.admission({ key: 'k', inputDigest: 'two' }))).toEqual({ code: 'conflict', runId })
  }),

  // Keys are the callers' own; two callers may have the same idea.
  clause('a key belongs to one tenant and one agent', async (s) => {
    await s.admit({ key: 'k' })
    expect((await s.ledger.admit(s.admission({ key: 'k', tenant: `${s.tenant}-2` }))).code).toBe('ok')
    expect((await s.ledger.admit(s.admission({ key: 'k', agent: `${s.agent}-2` }))).code).toBe('ok')
  }),

  // Without a key nothing says that two equal wishes are one.
  clause('a run without a key is a run of its own', async (s) => {
    expect(await s.admit()).not.toBe(await s.admit())
    expect(await s.ledger.runs({ tenant: s.tenant })).toHaveLength(2)
  }),
]

export const sessions = [
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
