import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterEach, describe, expect, it } from 'vitest'
import { agent } from '../src/orchestrator/agent.js'
import { type ModelServer, modelServer } from '../src/testing/index.js'
import { LEDGERS } from './runtime-on.js'
import { desk, find, message, says } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

interface Part {
  readonly type: string
  readonly id?: string
  readonly delta?: string
  readonly toolCallId?: string
  readonly toolName?: string
  readonly data?: unknown
}

let server: ModelServer | null = null
afterEach(() => server?.close())

describe.each(LEDGERS)('a listener on the %s ledger', (kind) => {
  const on = stage(kind)

  it('hears text as it is said, and a well-formed UI message stream to its end', async () => {
    const told: Part[] = []
    let heardFirst: () => void = () => undefined
    const first = new Promise<void>((resolve) => {
      heardFirst = resolve
    })
    const complete = { ...says('complete', { resolution: 'done' }), text: 'That is all there is to say.' }
    server = await modelServer({
      replies: async ({ call }) => {
        // The second answer comes only when the first one's text was heard: it was live, not read from the journal.
        if (call === 1) {
          const both = ['find_order', 'no_such_tool'].map((name) => ({ name, input: { id: 'A' } }))
          return { text: 'Let me look that up for you.', toolCalls: both }
        }
        await first
        return complete
      },
    })
    const port = createOpenAICompatible({ name: 'loopback', baseURL: server.url, includeUsage: true })('large')
    const a = agent({ ...desk(on.name('speaks'), port), tools: [find] })
    const prices = { 'loopback/large': { input: '$1', output: '$4' } } as const
    const mw = await on.runtime({ run: [a], prices, worker: { claims: false } })
    const run = await mw.start(a, { input: message })
    const reading = (async () => {
      for await (const part of partsOf(run.uiMessageStream())) {
        told.push(part)
        if (part.type === 'text-end') heardFirst()
      }
    })()
    await mw.advance(run.id)
    await reading
    expect(server.requests.map((request) => request.stream)).toEqual([true, true])
    expect(textsOf(told)).toEqual(['Let me look that up for you.', 'That is all there is to say.'])
    expect(told[0]).toEqual({ type: 'start', messageId: run.id })
    expect(told.at(-1)).toEqual({ type: 'finish' })
    const calls = told.filter((part) => part.type === 'tool-input-available')
    const results = told.filter((part) => part.type.startsWith('tool-output-'))
    expect(results.map((part) => part.type)).toEqual(['tool-output-available', 'tool-output-error'])
    expect(calls.map((part) => part.toolName)).toEqual(['find_order', 'no_such_tool'])
    expect(results.map((part) => part.toolCallId)).toEqual(calls.map((part) => part.toolCallId))
    expect(told.find((part) => part.type === 'data-outcome')?.data).toMatchObject({ status: 'completed' })
  })

  it('that comes after the end reads the whole run, and one that leaves early holds nothing up', async () => {
    server = await modelServer({ replies: [says('find_order', { id: 'A' }), says('complete', { resolution: 'done' })] })
    const port = createOpenAICompatible({ name: 'loopback', baseURL: server.url, includeUsage: true })('large')
    const a = agent({ ...desk(on.name('late'), port), tools: [find] })
    const prices = { 'loopback/large': { input: '$1', output: '$4' } } as const
    const mw = await on.runtime({ run: [a], prices })
    const run = await mw.start(a, { input: message })
    await run.uiMessageStream().cancel()
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const types = []
    for await (const part of partsOf(run.uiMessageStream())) types.push(part.type)
    const text = ['text-start', 'text-delta', 'text-end']
    const call = ['tool-input-available', 'tool-output-available']
    expect(types).toEqual(['start', ...text, ...call, ...text, 'data-outcome', 'finish'])
  })
})

/** Reads server-sent events: each `data: JSON`, ended by `data: [DONE]`. */
async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncIterable<Part> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      if (event === 'data: [DONE]') return
      if (!event.startsWith('data: ')) throw new SyntaxError(`no event: ${event}`)
      yield JSON.parse(event.slice(6))
    }
  }
  throw new SyntaxError('the stream ended without [DONE]')
}

/** Blocks of text, each opened, filled and closed under one id of its own. */
function textsOf(parts: readonly Part[]): string[] {
  const blocks = new Map<string, { text: string; open: boolean }>()
  for (const { type, id = '', delta = '' } of parts) {
    const block = blocks.get(id)
    if (type === 'text-start') {
      if (block) throw new SyntaxError(`text block ${id} was opened twice`)
      blocks.set(id, { text: '', open: true })
    } else if (type === 'text-delta' || type === 'text-end') {
      if (!block?.open) throw new SyntaxError(`${type} of a block that is not open`)
      block.text += delta
      block.open = type === 'text-delta'
    }
  }
  if ([...blocks.values()].some((block) => block.open)) throw new SyntaxError('a text block was never closed')
  return [...blocks.values()].map((block) => block.text)
}
