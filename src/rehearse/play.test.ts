import { expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../orchestrator/agent.js'
import { scriptedModel } from '../testing/scripted-model.js'
import { tool } from '../tools/tool.js'
import { scenario } from './define.js'
import { play } from './play.js'

const ring = tool({
  name: 'ring',
  description: 'Rings the bell.',
  input: z.object({ times: z.number() }),
  effect: 'keyed',
  keyRemembered: '24h',
  execute: async ({ times }) => ({ rang: times }),
})

const ringer = agent({
  name: 'ringer',
  version: 1,
  input: z.object({ message: z.string() }),
  outcome: z.object({ said: z.string() }),
  instructions: 'Ring the bell once, then complete.',
  model: scriptedModel({ replies: [] }),
  tools: [ring],
})

const bell = scenario({
  name: 'bell',
  run: [ringer],
  stories: [{ name: 'once', messages: [{ input: { message: 'ring' }, key: 'm1' }] }],
  model: () => (request) =>
    request.messages.some((m) => m.role === 'tool')
      ? { toolCalls: [{ name: 'complete', input: { said: 'done' } }] }
      : { toolCalls: [{ name: 'ring', input: { times: 1 } }] },
})

it('plays an agent run end to end', async () => {
  const verdict = await play(bell, { story: 'once', seed: 1, strikes: [] })
  expect(verdict).toMatchObject({ ok: true, violations: [], broken: [], acts: 1, duplicates: 0, stuck: 0 })
})

it('gives the same digest for the same case', async () => {
  const digests = []
  for (let n = 0; n < 2; n += 1) digests.push((await play(bell, { story: 'once', seed: 7, strikes: null })).digest)
  expect(digests[0]).toBe(digests[1])
})
