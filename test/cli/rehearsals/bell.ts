import { agent, tool } from 'midwatch'
import { type ScenarioOptions, scenario } from 'midwatch/rehearse'
import { scriptedModel } from 'midwatch/testing'
import { z } from 'zod'

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

const message = (key: string) => ({ input: { message: 'ring' }, key })

export const options: ScenarioOptions<unknown> = {
  name: 'bell',
  run: [ringer],
  stories: [
    { name: 'once', messages: [message('m1')] },
    { name: 'twice', messages: [message('m1'), message('m2')] },
  ],
  model: () => (request) =>
    request.messages.some(({ role }) => role === 'tool')
      ? { toolCalls: [{ name: 'complete', input: { said: 'done' } }] }
      : { toolCalls: [{ name: 'ring', input: { times: 1 } }] },
}

export default scenario(options)
