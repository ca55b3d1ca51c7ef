import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../src/orchestrator/agent.js'
import { type ModelServer, modelServer } from '../src/testing/index.js'
import { tool } from '../src/tools/tool.js'
import { LEDGERS, withRuntime } from './runtime-on.js'
import { done, says } from './ways-out/scene.js'

const CEILING = 6_000
const STEPS = 30
const RUNS = 6
const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ n: z.number() }),
  effect: 'read',
  execute: async ({ n }) => `${n} `.padEnd(600, 'x'),
})

describe.each(LEDGERS)('the context of a long session on the %s ledger', (kind) => {
  let server: ModelServer
  beforeAll(async () => {
    server = await modelServer({
      replies: ({ messages }) => {
        const own = messages.filter((m) => m.role === 'assistant' && (m.toolCalls?.length ?? 0) > 0)
        const last = own.at(-1)
        const n = last?.role === 'assistant' ? Number(JSON.parse(last.toolCalls?.[0]?.inputText ?? '{}').n) + 1 : 0
        return n >= STEPS ? done : says('look', { n }, '')
      },
    })
  })
  afterAll(() => server.close())

  it('stays under its ceiling, and prompts that follow each other begin alike', async () => {
    const model = createOpenAICompatible({ name: 'own', baseURL: server.url })('m')
    const a = agent({
      name: 'long',
      version: 1,
      model: { model, maxOutputTokens: 200 },
      input: z.object({ message: z.string() }),
      outcome: z.object({ resolution: z.string() }),
      instructions: 'Look.',
      tools: [look],
      session: { remember: 4 },
      ceilings: { run: { context_tokens: CEILING, steps: 200, model_calls: 100, tool_calls: 100, attempts: 400 } },
    })
    const prices = { m: { input: '$1', output: '$1' } } as const
    await withRuntime(kind, { run: [a], prices }, async (mw, ledger) => {
      for (let n = 1; n <= RUNS; n += 1) {
        const message = `message ${n} `.padEnd(400, '.')
        const run = await mw.send(a, 's', { message }, { key: `k${n}` })
        expect(await run.outcome()).toMatchObject({ status: 'completed' })
        // As the provider counted it, at its highest.
        const row = await ledger.run({ runId: run.id })
        expect(row?.meters.context_tokens?.used).toBeLessThanOrEqual(CEILING)
        expect(row?.meters.context_tokens?.used).toBeGreaterThan(0)
      }
    })
    const prompts = server.requests
      .slice(-(RUNS * (STEPS + 1)))
      .map(({ messages }) => messages.map((m) => JSON.stringify(m)))
    const goesOn = prompts.map((prompt, i) => (prompts[i - 1] ?? []).every((message, at) => prompt[at] === message))
    const cuts = goesOn.filter((does) => !does).length
    // A cut leaves a quarter of the room free: several steps pass before the next.
    expect(cuts).toBeLessThan(prompts.length / 4)
    for (const prompt of prompts) expect(prompt[0]).toBe(prompts[0]?.[0])
    // What the run is about is never left out.
    for (const [i, prompt] of prompts.entries()) {
      expect(prompt.join()).toContain(`message ${Math.floor(i / (STEPS + 1)) + 1} `)
    }
  })
})
