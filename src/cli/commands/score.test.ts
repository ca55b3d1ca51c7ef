import { expect, it } from 'vitest'
import { z } from 'zod'
import { terminal } from '../../../test/cli/terminal.js'
import { agent } from '../../orchestrator/agent.js'
import { scriptedModel } from '../../testing/index.js'

const desk = agent({
  name: 'desk',
  version: 1,
  model: scriptedModel({ replies: () => ({ toolCalls: [{ name: 'complete', input: { answer: 'yes' } }] }) }),
  input: z.object({ message: z.string() }),
  outcome: z.object({ answer: z.string() }),
  instructions: 'Answer.',
  tools: [],
  scores: [{ name: 'short', by: 'code', of: (outcome) => (outcome.status === 'completed' ? 0.75 : 0) }],
})

it('score keeps a thumb, says what else was said, and the last word of each person holds', async () => {
  const { say } = terminal({ options: { run: [desk] } })
  const { data } = await say('run', 'desk', '--input', '{"message":"well?"}', '--json')
  const { runId } = data.run
  expect((await say('score', runId)).out).toMatch(/^score +value +by[\s\S]*short +0.75 +code/)
  await say('score', runId, '--up', '--by', 'ann')
  const down = await say('score', runId, '--down', '--by', 'ann', '--reason', 'It was no.', '--json')
  expect(down.data.scores).toMatchObject([
    { name: 'short', value: 0.75, by: 'code', who: null },
    { name: 'thumb', value: 0, by: 'person', who: 'ann', reason: 'It was no.' },
  ])
  for (const verb of ['show', 'why']) expect((await say(verb, runId)).out).toMatch(/thumb +0 +ann [\s\S]*It was no\./)
  const both = await say('score', runId, '--up', '--down', '--json')
  expect([both.exit, both.data.error.code]).toEqual([2, 'usage'])
  expect((await say('score', runId, '--reason', 'x', '--json')).exit).toBe(2)
})
