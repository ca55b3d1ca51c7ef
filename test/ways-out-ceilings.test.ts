import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { escalate } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, entriesOf, find, message, model, says, spender, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const DAY_MS = 86_400_000
const spends = (id: string, amount: number) => says('spend', { id, amount })

describe.each(LEDGERS)('a ceiling on the %s ledger', (kind) => {
  const on = stage(kind)

  it('of a day holds over all runs of the tenant, and the next day opens a new window', async () => {
    const { spend, acts } = spender()
    const asked = model(({ messages }) => (messages.length > 2 ? done : spends('A', 60)))
    const ceilings = { tenant: { spent_usd: { per: 'day' as const, max: 100 } } }
    const a = agent({ ...desk(on.name('day'), asked), tools: [spend], ceilings })
    const mw = await on.runtime({ run: [a] })
    const work = async () => (await mw.start(a, { input: message })).outcome()
    expect(await work()).toMatchObject({ status: 'completed' })
    expect(await work()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
    expect(told(asked)).toEqual([expect.stringContaining('ceiling on spent_usd')])
    await on.jump(DAY_MS)
    expect(await work()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(2)
    const rows = await on.ledger.meters({ scope: `tenant:default/${a.name}` })
    expect(rows.map((row) => [row.used, row.reserved])).toEqual([
      [60_000_000, 0],
      [60_000_000, 0],
    ])
    expect(new Set(rows.map((row) => row.window)).size).toBe(2)
  })

  it('ends the run where the policy says so, with the meter and its numbers', async () => {
    const { spend, acts } = spender()
    const asked = model([spends('A', 6), spends('B', 6), done])
    const onBreach = { spent_usd: 'end' } as const
    const ceilings = { run: { spent_usd: 10 } }
    const a = agent({ ...desk(on.name('end'), asked), tools: [spend], ceilings, onBreach })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toEqual({ status: 'exhausted', meter: 'spent_usd', used: 6_000_000, limit: 10_000_000 })
    expect(acts).toHaveLength(1)
  })

  it('waits for the next window where the policy says so, and goes on there', async () => {
    const { spend, acts } = spender()
    const asked = model([spends('A', 60), spends('B', 60), done])
    const onBreach = { spent_usd: 'wait' } as const
    const ceilings = { tenant: { spent_usd: { per: 'day' as const, max: 100 } } }
    const a = agent({ ...desk(on.name('wait'), asked), tools: [spend], ceilings, onBreach })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message, deadline: '3d' })
    const parked = await on.until(run.id, (r) => r.state === 'waiting')
    expect(parked.waits).toBe('window:spent_usd')
    expect((parked.dueAt ?? 0) % DAY_MS).toBeLessThanOrEqual(1_001)
    expect(acts).toHaveLength(1)
    await on.jump(DAY_MS)
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(2)
  })

  it('asks a person where the policy says so: room made and approved, it goes on; denied, it ends', async () => {
    const { spend, acts } = spender()
    const asked = model(({ messages }) => (messages.length > 2 ? done : spends('A', 60)))
    const onBreach = { spent_usd: escalate({ to: 'finance', within: '4h', otherwise: 'refuse' }) }
    const a = agent({ ...desk(on.name('ask'), asked), tools: [spend], onBreach })
    const tenant = on.name('tenant')
    const ceiling = { scope: `tenant:${tenant}`, meter: 'spent_usd', per: 'total', by: 'op' } as const
    await on.ledger.setCeiling({ ...ceiling, limit: 10_000_000 })
    const mw = await on.runtime({ run: [a] })
    const denied = await mw.start(a, { input: message, tenant })
    await on.ledger.answer({ id: await escalated(mw, denied.id), decision: 'deny', by: 'fay' })
    expect(await denied.outcome()).toMatchObject({ status: 'exhausted', meter: 'spent_usd', limit: 10_000_000 })
    const raised = await mw.start(a, { input: message, tenant })
    const id = await escalated(mw, raised.id)
    await on.ledger.setCeiling({ ...ceiling, limit: 100_000_000 })
    await on.ledger.answer({ id, decision: 'approve', by: 'fay' })
    expect(await raised.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
  })

  it('approved without room made is no waiver: it asks again', async () => {
    const { spend, acts } = spender()
    const asked = model(({ messages }) => (messages.length > 2 ? done : spends('A', 60)))
    const onBreach = { spent_usd: escalate({ to: 'finance', within: '4h', otherwise: 'refuse' }) }
    const a = agent({
      ...desk(on.name('no-waiver'), asked),
      tools: [spend],
      ceilings: { run: { spent_usd: 10 } },
      onBreach,
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const first = await escalated(mw, run.id)
    await on.ledger.answer({ id: first, decision: 'approve', by: 'fay' })
    const second = await escalated(mw, run.id)
    expect(second).not.toBe(first)
    await on.ledger.answer({ id: second, decision: 'deny', by: 'fay' })
    expect(await run.outcome()).toMatchObject({ status: 'exhausted', meter: 'spent_usd' })
    expect(acts).toEqual([])
  })

  it('holds when an agent names none: a model that never ends is ended', async () => {
    const asked = model(() => says('find_order', { id: 'A' }))
    const a = agent({ ...desk(on.name('loop'), asked), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toEqual({ status: 'exhausted', meter: 'steps', used: 100, limit: 100 })
    expect(asked.requests).toHaveLength(50)
  })

  it('lowered by an operator under way binds the next grant', async () => {
    const { spend, acts } = spender()
    const tenant = on.name('tenant')
    const ceiling = { scope: `tenant:${tenant}`, meter: 'spent_usd', per: 'day', by: 'op' } as const
    await on.ledger.setCeiling({ ...ceiling, limit: 100_000_000 })
    const asked = model(async ({ call }) => {
      if (call === 2) await on.ledger.setCeiling({ ...ceiling, limit: 50_000_000 })
      return call < 3 ? spends(`${call}`, 40) : done
    })
    const a = agent({ ...desk(on.name('lowered'), asked), tools: [spend] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message, tenant })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
    const [breach] = (await entriesOf(on.ledger, run.id, 'note')).map((e) => JSON.parse(e.body ?? '{}'))
    expect(breach).toMatchObject({
      about: 'breach',
      detail: { limit: 50_000_000, used: 40_000_000, amount: 40_000_000 },
    })
  })

  it.each(['fleet', 'tenant', 'agent', 'tool', 'session'] as const)(
    'of an operator at %s scope holds for the meters of a flow’s tools',
    async (scope) => {
      const { spend, acts } = spender(on.name('spend'))
      const tenant = on.name('tenant')
      const name = on.name('flow')
      const scopes = { fleet: 'fleet', tenant: `tenant:${tenant}`, agent: `agent:${name}` }
      const others = { tool: `tool:${spend.name}`, session: `session:${tenant}/s` }
      const ceiling = { scope: { ...scopes, ...others }[scope], meter: 'spent_usd', per: 'total', by: 'op' } as const
      const f = flow({
        name,
        version: 1,
        input: z.object({}),
        run: async (ctx) => {
          const both = await ctx.all([
            (c) => c.try.tool(spend, { id: 'A', amount: 60 }),
            (c) => c.try.tool(spend, { id: 'B', amount: 60 }),
          ])
          return both.map((one) => one.status).sort()
        },
      })
      const before = (await on.ledger.meters({ scope: 'fleet' })).find((m) => m.meter === 'spent_usd')?.used ?? 0
      await on.ledger.setCeiling({ ...ceiling, limit: (scope === 'fleet' ? before : 0) + 100_000_000 })
      const mw = await on.runtime({ run: [f] })
      const run = await mw.start(f, { input: {}, tenant, session: 's' })
      expect(await run.outcome()).toEqual({ status: 'completed', output: ['completed', 'exhausted'] })
      expect(acts).toHaveLength(1)
      await on.ledger.setCeiling({ ...ceiling, limit: null })
    },
  )
})
