import { httpTool } from 'midwatch'
import { z } from 'zod'

const { REFUNDS_URL = 'http://127.0.0.1:8000/refunds' } = process.env

/** The tool that `server.py` is the other side of: one refund per order and request, checked by its key. */
export const refund = httpTool({
  name: 'refund',
  description: 'Refund an order.',
  url: REFUNDS_URL,
  effect: 'checked',
  timeout: '5s',
  input: z.object({ order_id: z.string(), amount: z.number().positive() }),
  key: ({ order_id }, { message }) => `${order_id}:${message.key}`,
})
