import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../src/core/invariants/verify.js'
import type { Ledger } from '../src/core/ledger.js'
import { allow, escalate, refuse } from '../src/govern/verdict.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { assemble, type Midwatch, type MidwatchOptions } from '../src/runtime.js'
import { scriptedModel } from '../src/testing/index.js'
import { fault } from '../src/tools/fault.js'
import { meter } from '../src/tools/meter.js'
import { tool } from '../src/tools/tool.js'

const price = { input: '$1', output: '$4' } as const
const refundUsd = meter('refund_usd', 'usd')

const findOrder = tool({
  name: 'find_order',
  description: 'Find an order.',
  input: z.object({ id: z.string() }),
  effect: 'read',
  execute: async ({ id }) => ({ id, total: 12 }),
})

async function withRuntime<T>(
  run: MidwatchOptions['run'],
  work: (mw: Midwatch, ledger: Ledger) => Promise<T>,
): Promise<T> {
  const ledger = memoryLedger()
  const alarms: string[] = []
  const mw = await assemble({ run, alarm: (what) => alarms.push(what) }, { ledger })
  try {
    const result = await work(mw, ledger)
    const { violations } = await verifyLedger(ledger)
    expect(violations).toEqual([])
    expect(alarms).toEqual([])
    return result
  } finally {
    await mw.stop()
  }
}

describe('an agent, end to end', () => {
  const refunds: string[] = []
  const issueRefund = tool({
    name: 'issue_refund',
    description: 'Refund an order.',
    input: z.object({ orderId: z.string(), amount: z.number().positive() }),
    effect: 'checked',
    key: ({ orderId }, { message }) => `${orderId}:${message.key}`,
    timeout: '200ms',
    locks: ({ orderId }) => `order:${orderId}`,
    meters: { [refundUsd.name]: ({ amount }) => amount },
    check: async (_input, { key }) =>
      refunds.includes(key) ? { did: 'happen', result: { refundId: key } } : { did: 'not_happen' },
    execute: async ({ orderId }, call) => {
      refunds.push(call.key)
      if (orderId === 'lost') throw new Error('connection reset')
      if (orderId === 'declined') throw fault.permanent('declined')
      return { refundId: call.key }
    },
  })
  const desk = (replies: Parameters<typeof scriptedModel>[0]['replies']) =>
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
  const done = call('complete', { resolution: 'refunded' })

  it('finds, refunds and completes', async () => {
    const a = desk([call('find_order', { id: 'W1' }), call('issue_refund', { orderId: 'W1', amount: 12 }), done])
    await withRuntime([a], async (mw) => {
      const run = await mw.start(a, { input: { message: 'refund W1' }, key: 'm1' })
      expect(await run.outcome()).toEqual({ status: 'completed', output: { resolution: 'refunded' } })
    })
  })

  it('refuses what a rule refuses, and the model reads it', async () => {
    const a = desk([
      call('issue_refund', { orderId: 'W1', amount: 12 }),
      call('refuse', { reason: 'policy', say: 'no' }),
    ])
    await withRuntime([a], async (mw, ledger) => {
      const run = await mw.start(a, { input: { message: 'refund W1' }, key: 'm2' })
      expect(await run.outcome()).toMatchObject({ status: 'refused', reason: 'policy' })
      expect((await ledger.run({ runId: run.id }))?.meters.strikes?.used).toBe(1)
    })
  })

  it('checks a lost answer and does not act twice', async () => {
    const a = desk([call('find_order', { id: 'lost' }), call('issue_refund', { orderId: 'lost', amount: 12 }), done])
    refunds.length = 0
    await withRuntime([a], async (mw) => {
      const run = await mw.start(a, { input: { message: 'refund' }, key: 'm3' })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(refunds).toEqual(['lost:m3'])
    })
  }, 60_000)

  it('parks on an approval and goes on when a person says yes', async () => {
    const a = desk([call('find_order', { id: 'W9' }), call('issue_refund', { orderId: 'W9', amount: 150 }), done])
    await withRuntime([a], async (mw, ledger) => {
      const run = await mw.start(a, { input: { message: 'refund' }, key: 'm4' })
      let id = ''
      for (let i = 0; i < 200 && id === ''; i += 1) {
        id = (await ledger.escalations({ state: 'open' }))[0]?.id ?? ''
        await new Promise((r) => setTimeout(r, 10))
      }
      expect(await ledger.answer({ id, decision: 'approve', by: 'fay' })).toMatchObject({ code: 'ok' })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
    })
  })
})

describe('a flow, end to end', () => {
  it('sleeps, branches and returns', async () => {
    const f = flow({
      name: 'f',
      version: 1,
      input: z.object({ n: z.number() }),
      run: async (ctx, { n }) => {
        const [a, b] = await ctx.all([(c) => c.tool(findOrder, { id: 'a' }), (c) => c.tool(findOrder, { id: 'b' })])
        await ctx.sleep('20ms')
        const r = await ctx.read('rows', async () => [1, 2, n])
        return { ids: [a.id, b.id], rows: r.length, at: ctx.now().getTime() > 0, u: ctx.uuid().length }
      },
    })
    await withRuntime([f], async (mw) => {
      const run = await mw.start(f, { input: { n: 3 } })
      expect(await run.outcome()).toEqual({
        status: 'completed',
        output: { ids: ['a', 'b'], rows: 3, at: true, u: 36 },
      })
    })
  })
})
