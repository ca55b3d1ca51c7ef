import { expect } from 'vitest'
import { clause } from './clause.js'

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
