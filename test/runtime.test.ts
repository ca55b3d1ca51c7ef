import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allow, escalate, refuse } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { type Replies, scriptedModel } from '../src/testing/index.js'
import { fault } from '../src/tools/fault.js'
import { meter } from '../src/tools/meter.js'
import { tool } from '../src/tools/tool.js'
import { escalated, LEDGERS, withRuntime } from './runtime-on.js'

const price = { input: '$1', output: '$4' } as const
const refundUsd = meter('refund_usd', 'usd')
const refunds: string[] = []

const findOrder = tool({
  name: 'find_order',
  description: 'Find an order.',
  input: z.object({ id: z.string() }),
  effect: 'read',
  execute: async ({ id }) => ({ id, total: 12 }),
})

const issueRefund = tool({
  name: 'issue_refund',
  description: 'Refund an order.',
  input: z.object({ orderId: z.string(), amount: z.number().positive() }),
  effect: 'checked',
  timeout: '200ms',
  key: ({ orderId }, { message }) => `${orderId}:${message.key}`,
  locks: ({ orderId }) => `order:${orderId}`,
  meters: { [refundUsd.name]: ({ amount }) => amount },
  check: async (_input, { key }) =>
    refunds.includes(key) ? { did: 'happen', result: { refundId: key } } : { did: 'not_happen' },
  execute: async ({ orderId }, call) => {
    if (orderId === 'declined') throw fault.permanent('declined')
    refunds.push(call.key)
    if (orderId === 'lost') throw new Error('connection reset')
    return { refundId: call.key }
  },
})

const desk = (replies: Replies) =>
  agent({
    name: 'desk',
    version: 1,
    model: scriptedModel({ replies, price }),
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    instructions: 'Resolve it.',
    tools: [findOrder, issueRefund],
    rules: {
      issue_refund: ({ orderId, amount }, run) =>
        !run.did(findOrder, { id: orderId })
          ? refuse('policy', 'Look the order up first.')
          : amount > 100
            ? escalate({ to: 'finance', within: '4h', otherwise: 'refuse' })
            : allow(),
    },
    ceilings: { run: { steps: 20, refund_usd: 200 } },
  })

const call = (name: string, input: unknown) => ({ text: `I will ${name}.`, toolCalls: [{ name, input }] })
const find = (id: string) => call('find_order', { id })
const refund = (orderId: string, amount: number) => call('issue_refund', { orderId, amount })
const done = call('complete', { resolution: 'refunded' })
const message = { message: 'refund it' }

describe.each(LEDGERS)('an agent on the %s ledger', (kind) => {
  it('finds, refunds and completes', async () => {
    const a = desk([find('W1'), refund('W1', 12), done])
    await withRuntime(kind, { run: [a] }, async (mw) => {
      const run = await mw.start(a, { input: message, key: 'm1' })
      expect(await run.outcome()).toEqual({ status: 'completed', output: { resolution: 'refunded' } })
    })
  })

  it('refuses what a rule refuses, and the model reads it', async () => {
    const a = desk([refund('W1', 12), call('refuse', { reason: 'policy', say: 'no' })])
    await withRuntime(kind, { run: [a] }, async (mw, ledger) => {
      const run = await mw.start(a, { input: message, key: 'm2' })
      expect(await run.outcome()).toMatchObject({ status: 'refused', reason: 'policy' })
      expect((await ledger.run({ runId: run.id }))?.meters.strikes?.used).toBe(1)
    })
  })

  it('checks a lost answer and does not act twice', async () => {
    const a = desk([find('lost'), refund('lost', 12), done])
    refunds.length = 0
    await withRuntime(kind, { run: [a] }, async (mw) => {
      const run = await mw.start(a, { input: message, key: 'm3' })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(refunds).toEqual(['lost:m3'])
    })
  })

  it('tells the model of a ceiling on a tool, and grants nothing above it', async () => {
    const a = desk([find('A'), refund('A', 90), find('B'), refund('B', 90), find('C'), refund('C', 90), done])
    refunds.length = 0
    await withRuntime(kind, { run: [a] }, async (mw, ledger) => {
      const run = await mw.start(a, { input: message, key: 'm5' })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(refunds).toEqual(['A:m5', 'B:m5'])
      expect((await ledger.run({ runId: run.id }))?.meters.refund_usd).toEqual({ used: 180_000_000, reserved: 0 })
    })
  })

  it('parks on an approval and goes on when a person says yes', async () => {
    const a = desk([find('W9'), refund('W9', 150), done])
    await withRuntime(kind, { run: [a] }, async (mw, ledger) => {
      const run = await mw.start(a, { input: message, key: 'm4' })
      const id = await escalated(mw, run.id)
      expect(await ledger.answer({ id, decision: 'approve', by: 'fay' })).toMatchObject({ code: 'ok' })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
    })
  })
})

describe.each(LEDGERS)('a flow on the %s ledger', (kind) => {
  const f = flow({
    name: 'f',
    version: 1,
    input: z.object({ n: z.number() }),
    run: async (ctx, { n }) => {
      const [a, b] = await ctx.all([(c) => c.tool(findOrder, { id: 'a' }), (c) => c.tool(findOrder, { id: 'b' })])
      await ctx.sleep('20ms')
      const rows = await ctx.read('rows', async () => [1, 2, n])
      return { ids: [a.id, b.id], rows: rows.length, dated: ctx.now().getTime() > 0, uuid: ctx.uuid().length }
    },
  })

  it('sleeps, branches and returns', async () => {
    await withRuntime(kind, { run: [f] }, async (mw) => {
      const run = await mw.start(f, { input: { n: 3 } })
      const output = { ids: ['a', 'b'], rows: 3, dated: true, uuid: 36 }
      expect(await run.outcome()).toEqual({ status: 'completed', output })
    })
  })
})
