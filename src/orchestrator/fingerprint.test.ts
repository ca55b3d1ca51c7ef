import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allow, refuse } from '../govern/verdict.js'
import { scriptedModel } from '../testing/scripted-model.js'
import { meter } from '../tools/meter.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'
import { flow } from './flow.js'

const pages = meter('print_pages', 'count')
const toolBase = {
  name: 'act',
  description: 'Acts.',
  input: z.object({ on: z.string() }),
  effect: 'keyed',
  keyRemembered: '1h',
  execute: async () => 'done',
} as const
const model = scriptedModel({ replies: [] })
const agentBase = {
  name: 'a',
  version: 1,
  model,
  input: z.object({ message: z.string() }),
  outcome: z.object({ said: z.string() }),
  instructions: 'Be brief.',
} as const

type Wish = Readonly<Record<string, unknown>>
const agentPrint = (wish: Wish = {}, toolWish: Wish = {}) => {
  const made = tool({ ...toolBase, ...toolWish } as typeof toolBase)
  return agent({ ...agentBase, tools: [made], ...wish } as never).definition.fingerprint
}
const flowPrint = (wish: Wish = {}) =>
  flow({ name: 'f', version: 1, input: z.object({}), run: async () => 1, ...wish }).definition.fingerprint

const undone = tool({ ...toolBase, name: 'undone', key: ({ on }) => on })

describe('what a run is pinned to changes with', () => {
  it.each<[string, Wish]>([
    ['the name', { name: 'b' }],
    ['the version', { version: 2 }],
    ['the instructions', { instructions: 'Be long.' }],
    ['the input', { input: z.object({ message: z.string(), more: z.string() }) }],
    ['the outcome', { outcome: z.object({ said: z.number() }) }],
    ['the cap on an answer', { model: { model, maxOutputTokens: 100 } }],
    ['the temperature', { model: { model, temperature: 0.5 } }],
    ['the time of a model’s attempt', { model: { model, timeout: '5s' } }],
    ['a provider’s options', { model: { model, providerOptions: { x: { effort: 'high' } } } }],
    ['a fallback', { model: [model, model] }],
    ['a ceiling', { ceilings: { run: { steps: 3 } } }],
    ['a tenant’s ceiling', { ceilings: { tenant: { usd: { per: 'day', max: '$5' } } } }],
    ['the deadline', { ceilings: { run: { deadline: '1h' } } }],
    ['a rule that was not there', { rules: { act: () => allow() } }],
    ['what a breach does', { onBreach: { steps: 'tell' } }],
    ['no tool', { tools: [] }],
  ])('%s of an agent', (_, wish) => {
    expect(agentPrint(wish)).not.toBe(agentPrint())
  })

  it.each<[string, Wish]>([
    ['name', { name: 'act_2' }],
    ['description', { description: 'Acts well.' }],
    ['effect', { effect: 'once', keyRemembered: undefined, isolate: 'none' }],
    ['input', { input: z.object({ on: z.string(), by: z.string() }) }],
    ['timeout', { timeout: '5s' }],
    ['settles', { settles: '5s' }],
    ['attempts', { attempts: 7 }],
    ['repeat', { repeat: 'refuse' }],
    ['keyRemembered', { keyRemembered: '2h' }],
    ['concurrent', { concurrent: true }],
    ['a key of its own', { key: ({ on }: { on: string }) => on }],
    ['locks', { locks: ({ on }: { on: string }) => on }],
    ['a meter', { meters: { [pages.name]: () => 1 } }],
    ['what it undoes', { key: () => 'k', undoes: { tool: undone, key: () => 'k' } }],
  ])('%s of a tool', (_, wish) => {
    expect(agentPrint({}, wish)).not.toBe(agentPrint({}, wish.undoes ? { key: () => 'k' } : {}))
  })

  it('the input and the ceilings of a flow', () => {
    expect(flowPrint({ input: z.object({ a: z.string() }) })).not.toBe(flowPrint())
    expect(flowPrint({ ceilings: { run: { steps: 3 } } })).not.toBe(flowPrint())
  })
})

describe('it does not change with', () => {
  it.each<[string, Wish]>([
    ['what code an instruction, a rule or a breach stands for', { rules: { act: () => refuse('policy', 'no') } }],
    ['accepted versions', { rules: { act: () => allow() }, accepts: [1, 2] }],
  ])('%s', (_, wish) => {
    expect(agentPrint(wish)).toBe(agentPrint({ rules: { act: () => allow() } }))
  })

  it.each<[string, Wish]>([
    ['the code of a tool', { execute: async () => 'else' }],
    ['its lane', { lane: 'slow' }],
  ])('%s', (_, wish) => {
    expect(agentPrint({}, wish)).toBe(agentPrint())
  })

  it('the process that a tool runs in, and the code of its key and locks', () => {
    const once = { effect: 'once', keyRemembered: undefined, key: () => 'a', locks: () => 'a' }
    const other = { ...once, isolate: 'process', module: 'file:///elsewhere.js', key: () => 'b', locks: () => 'b' }
    expect(agentPrint({}, other)).toBe(agentPrint({}, { ...once, isolate: 'none' }))
  })

  it('the code of a flow, its schedule, and the order in which rules stand', () => {
    const every = { cron: '0 2 * * *', tz: 'UTC', overlap: 'skip', input: () => ({}) } as const
    expect(flowPrint({ run: async () => 2, every, accepts: [7] })).toBe(flowPrint())
    const other = tool({ ...toolBase, name: 'other' })
    const both = (rules: Wish) => agentPrint({ tools: [tool(toolBase), other], rules })
    const [a, b] = [() => allow(), () => allow()]
    expect(both({ act: a, other: b })).toBe(both({ other: b, act: a }))
  })
})
