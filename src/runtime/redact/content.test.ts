import { expect, it } from 'vitest'
import { z } from 'zod'
import { flow } from '../../orchestrator/flow.js'
import { tool } from '../../tools/tool.js'
import { Content } from './content.js'

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ order: z.string(), card: z.string().meta({ private: true }) }),
  output: z.object({ receipt: z.string(), holder: z.string().meta({ private: true }) }),
  effect: 'read',
  execute: async () => ({ receipt: 'r', holder: 'ann' }),
})
const shop = flow({ name: 'shop', version: 1, input: z.object({}), tools: [pay], run: async () => 'done' })
const { name: agent, version, fingerprint } = shop.definition
const pin = { agent, version, fingerprint }
const content = new Content([shop.definition])

it('hides marked fields of arguments and results, and with them the words of models', () => {
  expect(content.given(pin, 'pay', '{"order":"W1","card":"4242"}')).toBe('{"card":"[private]","order":"W1"}')
  expect(content.gave(pin, 'pay', '{"receipt":"r","holder":"ann"}')).toBe('{"holder":"[private]","receipt":"r"}')
  expect(content.showsWords(pin)).toBe(false)
})

it('shows nothing of a run whose code is not here', () => {
  const other = { ...pin, version: 9 }
  expect(content.given(other, 'pay', '{"order":"W1"}')).toBe('"[private]"')
  expect(content.showsWords(other)).toBe(false)
})
