import { expect, it } from 'vitest'
import { govern } from '../runtime/govern/govern.js'
import { scenario } from './define.js'
import { evening, night, pilot } from './harbour.fixture.js'
import type { ScenarioOptions } from './scenario.js'

it('takes a scenario as it is written', () => {
  const { name, options } = scenario(night)
  expect([name, options.stories.length]).toEqual(['harbour', 3])
})

const story = { name: 'pilot', messages: [{ input: {} }] }
const message = { input: {} }
const WRONG: readonly [string, Partial<ScenarioOptions<never>>, string][] = [
  ['a name with spaces', { name: 'a b' }, 'a name is letters'],
  ['no agent', { run: [] as never }, 'name at least one'],
  ['what is no agent', { run: [{ name: 'x' }] as never }, 'what agent() and flow() made'],
  ['an agent twice', { run: [pilot, pilot] }, "'pilot' stands there twice"],
  ['a governed loop', { run: [govern({ name: 'loop', tools: {} })] as never }, "'loop' is a governed loop"],
  ['no story', { stories: [] }, 'there is none, so nothing comes in'],
  ['a story twice', { stories: [story, story] }, "'pilot' is no name of its own"],
  ['a story without messages', { stories: [{ name: 'a', messages: [] }] }, 'at least one message'],
  ['an agent that nobody runs', { stories: [{ name: 'a', messages: [{ ...message, agent: 'x' }] }] }, "no agent 'x'"],
  ['a time before the start', { stories: [{ name: 'a', messages: [{ ...message, afterMs: -1 }] }] }, 'from 0'],
  ['a session without a key', { stories: [{ name: 'a', messages: [{ ...message, session: 's' }] }] }, 'needs a key'],
  ['half a worker', { workers: 0.5 }, 'workers is a whole number'],
  ['a lease that is over at once', { lease: '10ms' }, "lease is at least '1s'"],
  ['no time to come to rest', { within: '0ms' }, 'within is at least'],
  ['a world that all cases would share', { world: {} as never }, 'world is a function'],
  ['a fault that there is not', { faults: { crashh: 1 } as never }, "'crashh' is none of"],
  ['a rate above one', { faults: { crash: 2 } }, 'from 0 to 1'],
  ['an outcome that there is not', { expect: { outcomes: ['done' as never] } }, "'done' is none of"],
]

it.each(WRONG)('refuses %s, and says what to mend', (_, change, says) => {
  const options = { ...night, ...change } as ScenarioOptions<never>
  expect(() => scenario(options)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  expect(() => scenario(options)).toThrow(says)
})

it('takes stories that a list was made into', () => {
  const stories = ['a', 'b'].map((name) => ({ name, messages: [{ input: {} }] }))
  expect(scenario({ ...night, stories }).options.stories).toBe(stories)
})

it('serves flows as well as agents', () => {
  expect(scenario({ ...night, run: [evening], stories: [{ name: 'a', messages: [message] }] }).name).toBe('harbour')
})
