import { flow, tool } from 'midwatch'
import { z } from 'zod'

/** What the bank was told, in order: in real life it is somebody else's system. */
export const paid: string[] = []

const pay = tool({
  name: 'pay_invoice',
  description: 'Pays an invoice.',
  input: z.object({ id: z.string(), usd: z.number().positive() }),
  effect: 'once',
  isolate: 'none',
  timeout: '5s',
  locks: ({ id }) => `invoice:${id}`,
  execute: async ({ id, usd }) => {
    paid.push(`${id} $${usd}`)
    return { paid: id }
  },
})

/** Pays an invoice when two different people say so, of whom neither asked for it. */
export const invoice = flow({
  name: 'invoice',
  version: 1,
  input: z.object({ id: z.string(), usd: z.number().positive() }),
  tools: [pay],
  run: async (ctx, { id, usd }) => {
    const said = await ctx.ask({
      question: `Pay ${id}?`,
      show: { id, usd },
      answer: z.object({ ok: z.boolean() }),
      people: 2,
      to: 'finance',
      within: '2d',
      otherwise: { ok: false },
    })
    if (!said.ok) return ctx.refuse('policy', `Not paid: ${said.by.join(' and ') || 'no two people agreed'}.`)
    await ctx.tool(pay, { id, usd })
    return { paid: id, by: said.by }
  },
})
