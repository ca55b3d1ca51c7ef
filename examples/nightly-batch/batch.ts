import { fault, flow, tool } from 'midwatch'
import { z } from 'zod'
import { Books } from './books.js'

/** One process, one night: in real life this is somebody else's system. */
export const books = new Books()

const invoice = z.object({ id: z.string(), usd: z.number() })
const PAGE = 500

/** One invoice in a hundred names no account; nothing is booked for it, and trying again would not help. */
const hasAccount = (id: string) => !id.endsWith('37')

const bookInvoice = tool({
  name: 'book_invoice',
  description: 'Books one invoice.',
  input: invoice,
  effect: 'checked',
  timeout: '5s',
  key: ({ id }, { message }) => `${id}:${message.key}`,
  check: async (_, { key }) => (books.has(key) ? { did: 'happen', result: { booking: 1 } } : { did: 'not_happen' }),
  execute: async ({ id }, { key }) => {
    if (!hasAccount(id)) throw fault.permanent('no_account')
    return books.book(key)
  },
})

/** Books all invoices of a day, each in a run of its own, and names those that could not be booked. */
export const nightlyBatch = flow({
  name: 'nightly-batch',
  version: 1,
  input: z.object({ day: z.string(), invoices: z.number().int().positive() }),
  ceilings: { run: { deadline: '6h' } },
  run: async (ctx, { day, invoices }) => {
    async function* pages() {
      for (let from = 0; from < invoices; from += PAGE) {
        yield* await ctx.read('page', async () => pageOf(from, Math.min(from + PAGE, invoices)))
      }
    }
    const mapped = await ctx.map(pages(), { atOnce: 32, key: ({ id }) => `${day}:${id}` }, async (branch, row) => {
      await branch.tool(bookInvoice, row)
      return row.usd
    })
    const usd = mapped.done.reduce((sum, one) => sum + one, 0)
    const not = mapped.not.map(
      ({ key, outcome }) => `${key} ${outcome.status === 'failed' ? outcome.code : outcome.status}`,
    )
    return { booked: mapped.done.length, usd, not }
  },
})

/** What a database would be asked for, page by page. */
function pageOf(from: number, to: number): { id: string; usd: number }[] {
  return Array.from({ length: to - from }, (_, n) => ({ id: `inv-${String(from + n).padStart(5, '0')}`, usd: 10 }))
}
