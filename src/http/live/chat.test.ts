import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { agent } from '../../orchestrator/agent.js'
import { assemble, type Midwatch } from '../../runtime.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import { type Api, api } from '../app.js'

const ledger = memoryLedger()
let mw: Midwatch
let other: Midwatch
let served: Api
let elsewhere: Api
/** Answers wait for this. */
let goOn: () => void = () => undefined
let gate: Promise<void> = Promise.resolve()

const model = scriptedModel({
  replies: async ({ call }) => {
    await gate
    return { text: `Answer ${call}.`, toolCalls: [{ name: 'complete', input: { resolution: 'done' } }] }
  },
})
const helper = agent({
  name: 'helper',
  version: 1,
  input: z.object({ message: z.string() }),
  outcome: z.object({ resolution: z.string() }),
  instructions: ({ message }) => message,
  model: { model, maxOutputTokens: 100, timeout: '30s' },
  tools: [],
})

beforeAll(async () => {
  mw = await assemble({ run: [helper], alarm: () => undefined }, { ledger })
  // A process that works nothing: it knows runs by their journals alone.
  other = await assemble({ run: [helper], worker: false, alarm: () => undefined }, { ledger })
  served = api(mw, { access: 'open' })
  elsewhere = api(other, { access: 'open' })
})
afterAll(async () => {
  await other.stop()
  await mw.stop()
})

const transportOf = (at: Api) =>
  new DefaultChatTransport({
    api: 'http://localhost/v1/agents/helper/chat',
    fetch: async (url, init) => at.fetch(new Request(url as string, init)),
  })

const says = (id: string, text: string): UIMessage => ({ id, role: 'user', parts: [{ type: 'text', text }] })

function send(chatId: string, messages: UIMessage[]) {
  return transportOf(served).sendMessages({
    ...{ chatId, messages, trigger: 'submit-message' as const },
    ...{ messageId: undefined, abortSignal: undefined },
  })
}

async function lastOf(stream: ReadableStream<UIMessageChunk>): Promise<UIMessage> {
  let last: UIMessage | undefined
  for await (const message of readUIMessageStream({ stream })) last = message
  if (!last) throw new RangeError('the stream had no message')
  return last
}

const textsOf = ({ parts }: UIMessage) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
function holdAnswers(): void {
  gate = new Promise((resolve) => {
    goOn = resolve
  })
}

it('a message of useChat is answered as it is said, and sent again it is one message', async () => {
  const messages = [says('m-1', 'Hello?')]
  const first = await lastOf(await send('chat-1', messages))
  expect(textsOf(first)).toEqual(['Answer 1.'])
  expect(first.parts.at(-1)).toMatchObject({ type: 'data-outcome' })
  const again = await lastOf(await send('chat-1', messages))
  expect([again.id, textsOf(again)]).toEqual([first.id, ['Answer 1.']])
  expect(await ledger.runs({ session: 'chat-1' })).toHaveLength(1)
  expect(await ledger.run({ runId: first.id })).toMatchObject({ session: 'chat-1', key: 'chat:chat-1:m-1' })
  const second = await lastOf(await send('chat-1', [...messages, first, says('m-2', 'And now?')]))
  expect([second.id === first.id, textsOf(second)]).toEqual([false, ['Answer 2.']])
})

it('who comes back while it is being worked gets the whole message, on whichever process, and each part once', async () => {
  holdAnswers()
  const messages = [says('m-1', 'Slowly.')]
  const gone = (await send('chat-2', messages)).getReader()
  const begun = await gone.read()
  await gone.cancel()
  const here = await transportOf(served).reconnectToStream({ chatId: 'chat-2' })
  const there = await transportOf(elsewhere).reconnectToStream({ chatId: 'chat-2' })
  if (!here || !there) throw new RangeError('there was nothing to resume')
  goOn()
  const [mine, theirs] = await Promise.all([lastOf(here), lastOf(there)])
  expect(begun.value).toEqual({ type: 'start', messageId: mine.id })
  expect(theirs.parts).toEqual(mine.parts)
  expect(textsOf(mine)).toEqual(['Answer 3.'])
})

it('nothing is resumed when nothing is under way', async () => {
  expect(await transportOf(served).reconnectToStream({ chatId: 'chat-1' })).toBeNull()
  expect(await transportOf(served).reconnectToStream({ chatId: 'unknown' })).toBeNull()
})

it('a chat in which the user says nothing is refused', async () => {
  await expect(send('chat-3', [{ id: 'm', role: 'user', parts: [] }])).rejects.toThrow(
    /invalid_input|nothing to work on/,
  )
  expect(await ledger.runs({ session: 'chat-3' })).toEqual([])
})
