import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { z } from 'zod'
import { agent } from '../../src/orchestrator/agent.js'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'

/** Where the outside of a worker is. */
export interface Places {
  /** Of the model, up to `/v1`. */
  readonly modelUrl: string
  /** Keeps a caller for a while. */
  readonly holdUrl: string
}

export const PRICES = { 'loopback/m': { input: '$1', output: '$4' } } as const
export const LANES = { narrow: { perWorker: 8, fleet: 2 } } as const

/** An agent that asks its model once, and a flow that calls a slow tool in a lane of two. */
export function sceneOf({ modelUrl, holdUrl }: Places) {
  const model = createOpenAICompatible({ name: 'loopback', baseURL: modelUrl, includeUsage: true })('m')
  const asking = agent({
    name: 'asking',
    version: 1,
    model,
    input: z.object({ n: z.number() }),
    outcome: z.object({ said: z.string() }),
    instructions: 'Say it.',
    tools: [],
  })
  const hold = tool({
    name: 'hold',
    description: 'Takes a while.',
    input: z.object({ n: z.number() }),
    effect: 'read',
    lane: 'narrow',
    timeout: '5s',
    execute: async ({ n }, { signal }) => (await fetch(`${holdUrl}?n=${n}`, { signal })).status,
  })
  const holding = flow({
    name: 'holding',
    version: 1,
    input: z.object({ n: z.number() }),
    run: (ctx, { n }) => ctx.tool(hold, { n }),
  })
  return { asking, holding }
}
