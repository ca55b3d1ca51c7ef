import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flow, httpTool } from '../../src/index.js'
import { withRuntime } from '../runtime-on.js'
import { hasFastApi, pythonRefunds } from './python-refunds.js'
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

/** One contract, promise by promise. */
async function keepsItsPromises(url: string): Promise<void> {
  const { spec } = refundAt(url)
  const call = { key: 'k1', fence: 2n, attempt: 1, runId: 'r1', tenant: 't', signal: new AbortController().signal }
  const act = (change: object, amount = 5) =>
    spec.execute({ order_id: 'o1', amount }, { ...call, deadline: new Date(Date.now() + 5_000), ...change } as never)
  await act({})
  expect(await act({ attempt: 2 })).toEqual({ order_id: 'o1', refunded: 5 })
  await expect(act({ fence: 1n })).rejects.toMatchObject({ kind: 'permanent', code: 'stale_fence' })
  await expect(act({}, 6)).rejects.toMatchObject({ kind: 'permanent', code: 'key_conflict' })
  await expect(act({ key: 'k2', deadline: new Date(0) })).rejects.toMatchObject({ code: 'too_late' })
  const asked = (key: string) => fetch(`${url}?key=${key}`).then((response) => response.json())
  expect(await asked('k1')).toMatchObject({ did: 'happen', result: { order_id: 'o1', refunded: 5 } })
  expect(await asked('k2')).toEqual({ did: 'not_happen' })
}

describe('the service refuses a stale fence, another use of a key and a call that is too late, in words that are believed', () => {
  it('in Node', async () => {
    const server = await refundServer()
    try {
      await keepsItsPromises(server.url)
      expect(server.refunds).toEqual(['o1'])
    } finally {
      server.close()
    }
  })

  it.runIf(hasFastApi())('in Python, as the example has it', async () => {
    const server = await pythonRefunds()
    try {
      await keepsItsPromises(server.url)
    } finally {
      await server.close()
    }
  })
})
