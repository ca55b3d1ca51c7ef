import { appendFile } from 'node:fs/promises'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { tool } from 'ai'
import { z } from 'zod'

/** What the agent had before anybody thought of governing it: a model of a real provider package, and two tools. */
const { SHOP_MODEL_URL = 'http://127.0.0.1:1/v1', SHOP_OUTBOX = 'outbox.txt', SHOP_HANGS } = process.env

export const model = createOpenAICompatible({ name: 'openai', baseURL: SHOP_MODEL_URL, includeUsage: true })(
  'gpt-5-mini',
)

export const tools = {
  findOrder: tool({
    description: 'Find an order.',
    inputSchema: z.object({ orderId: z.string() }),
    execute: async ({ orderId }) => ({ orderId, total: 40, to: 'ann@example.com' }),
  }),
  sendEmail: tool({
    description: 'Send an e-mail.',
    inputSchema: z.object({ to: z.string(), text: z.string() }),
    execute: async ({ to }) => {
      await appendFile(SHOP_OUTBOX, `${to}\n`)
      // The answer never comes: whoever kills the process now cannot know that the e-mail went out.
      if (SHOP_HANGS === 'yes') await new Promise(() => setInterval(() => undefined, 1_000))
      return { sent: to }
    },
  }),
}
