import { expect, it } from 'vitest'
import { z } from 'zod'
import { flow, httpTool } from '../../src/index.js'
import { withRuntime } from '../runtime-on.js'
import { refundServer } from './refund-server.js'

/** As in examples/http-tool-fastapi/refund.ts, quicker to give up. */
const refundAt = (url: string) =>
  httpTool({
    name: 'refund',
    description: 'Refund an order.',
    url,
    effect: 'checked',
    timeout: '200ms',
    input: z.object({ order_id: z.string(), amount: z.number().positive() }),
    key: ({ order_id }, { message }) => `${order_id}:${message.key}`,
  })

it('a refund whose answer is lost is asked for by its key, and made once', async () => {
  const server = await refundServer()
  const refund = refundAt(server.url)
  const desk = flow({
    name: 'desk',
    version: 1,
    input: z.object({ orderId: z.string() }),
    tools: [refund],
    run: (ctx, { orderId }) => ctx.tool(refund, { order_id: orderId, amount: 5 }),
  })
  try {
    await withRuntime('memory', { run: [desk] }, async (mw) => {
      server.losing = 1
      const lost = await mw.start(desk, { input: { orderId: 'o1' }, key: 'k1' })
      expect(await lost.outcome()).toEqual({ status: 'completed', output: { order_id: 'o1', refunded: 5 } })
      const journal = await mw.ledger.journal({ runId: lost.id })
      expect(journal.map(({ kind }) => kind)).toContain('doubt')
      expect(server.refunds).toEqual(['o1'])
    })
  } finally {
    server.close()
  }
})

it('the service refuses a stale fence, another use of a key and a call that is too late, in words that are believed', async () => {
  const server = await refundServer()
  const { spec } = refundAt(server.url)
  const call = { key: 'k1', fence: 2n, attempt: 1, runId: 'r1', tenant: 't', signal: new AbortController().signal }
  const act = (change: object, amount = 5) =>
    spec.execute({ order_id: 'o1', amount }, { ...call, deadline: new Date(Date.now() + 5_000), ...change } as never)
  try {
    await act({})
    expect(await act({ attempt: 2 })).toEqual({ order_id: 'o1', refunded: 5 })
    await expect(act({ fence: 1n })).rejects.toMatchObject({ kind: 'permanent', code: 'stale_fence' })
    await expect(act({}, 6)).rejects.toMatchObject({ kind: 'permanent', code: 'key_conflict' })
    await expect(act({ key: 'k2', deadline: new Date(0) })).rejects.toMatchObject({ code: 'too_late' })
    expect(server.refunds).toEqual(['o1'])
  } finally {
    server.close()
  }
})
