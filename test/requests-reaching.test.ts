import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, stepCountIs } from 'ai'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { govern } from '../src/index.js'
import type { Model } from '../src/models/port.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { type ModelServer, modelServer } from '../src/testing/index.js'
import { httpTool } from '../src/tools/brought/http-tool.js'
import { withRuntime } from './runtime-on.js'

const servers: ModelServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

/** A real provider package before an endpoint that fails every request. */
async function dead(...names: string[]) {
  const server = await modelServer({ replies: () => ({ fault: 'server_error' }) })
  servers.push(server)
  const provider = createOpenAICompatible({ name: 'loopback', baseURL: server.url, includeUsage: true })
  return { server, models: names.map((name) => provider(name)) }
}
const price = { input: '$1', output: '$4' } as const
const prices = { 'loopback/a': price, 'loopback/b': price, 'loopback/c': price }

const asking = (name: string, models: readonly unknown[]) =>
  agent({
    ...{ name, version: 1, input: z.object({}), outcome: z.object({ said: z.string() }) },
    ...{ instructions: 'Say it.', tools: [], model: models as unknown as [Model, ...Model[]] },
  })

it('three attempts of the SDK and three of ours are three requests', async () => {
  const { server, models } = await dead('a')
  const loop = govern({ name: 'sdk' })
  await withRuntime('memory', { run: [loop], prices }, async () => {
    const asked = loop.run({}, () =>
      generateText({
        model: loop.model(models[0] as never),
        prompt: 'Hello?',
        maxRetries: 2,
        stopWhen: stepCountIs(3),
      }),
    )
    await expect(asked).rejects.toMatchObject({ name: 'ModelUnanswered' })
    expect(server.requests).toHaveLength(3)
  })
})

it.each([
  ['two', ['a', 'b'], ['loopback/a', 'loopback/a', 'loopback/b']],
  ['three', ['a', 'b', 'c'], ['loopback/a', 'loopback/b', 'loopback/c']],
])(
  'a chain of %s models at one endpoint makes three requests of it, each model one at least',
  async (_, names, asked) => {
    const { server, models } = await dead(...names)
    const a = asking(`chain-${names.length}`, models)
    await withRuntime('memory', { run: [a], prices }, async (mw, ledger) => {
      const run = await mw.start(a, { input: {} })
      expect(await run.outcome()).toMatchObject({ status: 'failed', code: 'model_transient', owner: 'provider' })
      expect(server.requests).toHaveLength(3)
      const begun = (await ledger.journal({ runId: run.id })).filter(({ kind }) => kind === 'begin')
      expect(begun.map(({ body }) => JSON.parse(body ?? '{}').name)).toEqual(asked)
    })
  },
)

it('a tool of three attempts in a flow that is one attempt makes three requests', async () => {
  let requests = 0
  const server = createServer((_, answer) => {
    requests += 1
    answer.writeHead(503).end()
  })
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/find`
  const find = httpTool({ name: 'find', description: 'Finds.', input: z.object({}), effect: 'read', attempts: 3, url })
  const f = flow({ name: 'http', version: 1, input: z.object({}), run: (ctx) => ctx.try.tool(find, {}) })
  await withRuntime('memory', { run: [f] }, async (mw) => {
    const run = await mw.start(f, { input: {} })
    expect(await run.outcome()).toMatchObject({ output: { status: 'failed', code: 'http_503', owner: 'tool' } })
  })
  expect(requests).toBe(3)
  server.close()
})
