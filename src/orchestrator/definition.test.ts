import { expect, it } from 'vitest'
import { z } from 'zod'
import { allow } from '../govern/verdict.js'
import { scriptedModel } from '../testing/scripted-model.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'

const input = z.object({ id: z.string() })
const renew = tool({ name: 'renew', description: 'Renews.', input, effect: 'read', execute: async () => null })

/** A desk with a policy that types may not have looked at. */
const desk = (policy: object) =>
  agent({
    name: 'desk',
    version: 1,
    model: scriptedModel({ replies: [] }),
    input,
    outcome: input,
    instructions: '',
    tools: [renew],
    ...policy,
  })

it('takes rules of its own tools, and breaches of its own meters', () => {
  const { definition } = desk({ rules: { renew: () => allow() }, onBreach: { usd: 'tell' } })
  expect(Object.keys(definition.policy.rules)).toEqual(['renew'])
})

it('refuses a rule of a tool that it does not have: nothing would ask it', () => {
  expect(() => desk({ rules: { renw: () => allow() } })).toThrow(
    expect.objectContaining({
      code: 'invalid_definition',
      message: "'desk': rules: it has no tool 'renw'; its tools: renew.",
    }),
  )
})

it('refuses a breach of a meter that nothing charges', () => {
  expect(() => desk({ onBreach: { euros: 'tell' } })).toThrow("'desk': onBreach: no tool charges the meter 'euros'.")
})

it.each([undefined, null, 'gpt-5'])('refuses an agent whose model is %s', (model) => {
  expect(() => desk({ model } as never)).toThrow(
    expect.objectContaining({ code: 'invalid_definition', message: expect.stringContaining(`not ${model}`) }),
  )
})

it('refuses an agent without any model', () => {
  expect(() => desk({ model: [] } as never)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
})
