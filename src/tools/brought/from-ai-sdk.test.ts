import * as ai7 from 'ai'
import * as ai6 from 'ai6'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { check } from '../schema.js'
import type { Call, Tool } from '../tool.js'
import { fromAiSdk } from './from-ai-sdk.js'

const call = { key: 'k1', runId: 'r1', signal: new AbortController().signal } as Call

describe.each([
  ['6', ai6 as unknown as typeof ai7],
  ['7', ai7],
])('a tool of AI SDK %s', (_version, ai) => {
  it('keeps its schema, its words and its types, and is given key and signal', async () => {
    const heard: unknown[] = []
    const mail = ai.tool({
      description: 'Send an e-mail.',
      inputSchema: z.object({ to: z.string() }),
      execute: async ({ to }, options) => {
        heard.push(options.abortSignal, (options as { experimental_context?: Call }).experimental_context?.key)
        return { sent: to }
      },
    })
    const brought = fromAiSdk(mail, {
      name: 'send_email',
      effect: 'checked',
      check: async ({ to }) => ({ did: 'happen', result: { sent: to } }),
    })
    expect(brought.spec).toMatchObject({ description: 'Send an e-mail.', effect: 'checked' })
    expect(brought.spec.jsonSchema).toMatchObject({ properties: { to: { type: 'string' } } })
    expect(await brought.spec.execute({ to: 'ann' }, call)).toEqual({ sent: 'ann' })
    expect(heard).toEqual([call.signal, 'k1'])
    expectTypeOf(brought).toEqualTypeOf<Tool<'send_email', { to: string }, { sent: string }, never>>()
  })

  it('with a bare JSON Schema is checked by what that says', async () => {
    const schema = ai.jsonSchema<{ to: string }>({
      type: 'object',
      properties: { to: { type: 'string' } },
      required: ['to'],
    })
    const mail = ai.tool({ inputSchema: schema, execute: async ({ to }) => to })
    const { spec } = fromAiSdk(mail, { name: 'send_email', effect: 'read' })
    expect(await check(spec.input, { to: 'ann' })).toMatchObject({ ok: true })
    expect(await check(spec.input, { to: 1 })).toMatchObject({ ok: false })
  })

  it('that gives parts on its way counts by the last of them', async () => {
    const parts = ai.tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'half'
        yield 'whole'
      },
    })
    expect(await fromAiSdk(parts, { name: 'parts', effect: 'read' }).spec.execute({}, call)).toBe('whole')
  })

  it('that runs nothing here is refused', () => {
    const shown = ai.tool({ inputSchema: z.object({}) })
    const bring = () => fromAiSdk(shown as never, { name: 'shown', effect: 'read' })
    expect(bring).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  })
})
