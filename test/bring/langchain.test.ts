import { tool } from '@langchain/core/tools'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { govern, refuse } from '../../src/index.js'
import { withRuntime } from '../runtime-on.js'

const asked = (to: string, id = 'c1') => ({ type: 'tool_call' as const, id, name: 'sendEmail', args: { to } })

function mail(options: Partial<Parameters<typeof govern<{ readonly sendEmail: 'once' }>>[0]> = {}) {
  const sent: string[] = []
  const signals: unknown[] = []
  const sendEmail = tool(
    async ({ to }: { to: string }, config: { signal?: AbortSignal; midwatch?: { key: string } }) => {
      sent.push(to)
      signals.push(config.signal, config.midwatch?.key)
      return `sent to ${to}`
    },
    { name: 'sendEmail', description: 'Send an e-mail.', schema: z.object({ to: z.string() }) },
  )
  const loop = govern({ name: 'desk', tools: { sendEmail: 'once' }, ...options })
  return { loop, sent, signals, sendEmail, wrapped: loop.tools([sendEmail])[0] as typeof sendEmail }
}

it('a LangChain tool is governed and stays what it was: its class, its messages, its own tool untouched', async () => {
  const { loop, sent, signals, sendEmail, wrapped } = mail()
  await withRuntime('memory', { run: [loop] }, async (mw) => {
    expect(wrapped).toBeInstanceOf(sendEmail.constructor)
    const id = await loop.run({}, async (run) => {
      const message = await wrapped.invoke(asked('ann'))
      expect(message).toMatchObject({ content: 'sent to ann', tool_call_id: 'c1' })
      return run.id
    })
    expect(sent).toEqual(['ann'])
    expect(signals).toEqual([expect.any(AbortSignal), expect.stringContaining('|sendEmail|')])
    expect(await mw.run(id).outcome()).toMatchObject({ status: 'completed' })
    await sendEmail.invoke(asked('bob'))
    expect(sent).toEqual(['ann', 'bob'])
  })
})

it('a LangChain tool that is refused throws for its loop to show, and does nothing', async () => {
  const { loop, sent, wrapped } = mail({ rules: { sendEmail: () => refuse('policy', 'Not on Sundays.') } })
  await withRuntime('memory', { run: [loop] }, async () => {
    const call = loop.run({}, () => wrapped.invoke(asked('ann')).catch((error: Error) => error.message))
    expect(await call).toContain('Not on Sundays.')
    expect(sent).toEqual([])
  })
})
