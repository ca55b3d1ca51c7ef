import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { callModel, type ModelAnswer } from '../../models/call.js'
import type { ModelPort } from '../../models/port.js'
import type { Message, ModelTool } from '../../models/prompt.js'
import { agent } from '../../orchestrator/agent.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import type { Replies } from '../../testing/scripted-model-reply.js'
import { tool } from '../../tools/tool.js'
import type { FaultName, Strike } from '../fault.js'
import { handMade } from '../surroundings.fixture.js'
import { HostileModels } from './hostile-models.js'
import type { ModelFaultName } from './model-faults.js'

const input = z.object({ id: z.string(), amount: z.number() })
const execute = async () => null
const find = tool({ name: 'find', description: 'Finds.', input, effect: 'read', execute })
const pay = tool({ name: 'pay', description: 'Pays.', input, effect: 'once', isolate: 'none', execute })
const own = scriptedModel({ name: 'own', replies: () => 'from its own code' })
const desk = agent({
  name: 'desk',
  version: 1,
  input: z.object({}),
  outcome: z.object({}),
  instructions: '',
  model: own,
  tools: [find, pay],
})
const tools: ModelTool[] = [find, pay].map(({ spec }) => ({
  name: spec.name,
  description: spec.description,
  inputSchema: spec.jsonSchema,
}))

const WRITE = { toolCalls: [{ name: 'pay', input: { id: 'W1', amount: 5 } }] }
const SCRIPT = [{ toolCalls: [{ name: 'find', input: { id: 'W1', amount: 0 } }] }, WRITE, WRITE, 'over'] as const

/** A conversation with one run's model, as the agent loop leads it. */
function talk(fault: FaultName | null, nth = 1, replies: Replies | null = SCRIPT) {
  const strike = { fault: fault ?? 'model_cut', place: `model:own#${nth}` } as Strike
  const s = handMade({ run: [desk], ...(replies && { model: () => replies }) }, fault ? [strike] : [])
  const models = new HostileModels(s)
  const messages: Message[] = [{ role: 'user', text: 'Please.' }]
  const ask = async (port: ModelPort = own, withTools = true): Promise<ModelAnswer> => {
    const stop = new AbortController()
    s.clock.timer(30_000, () => stop.abort(new DOMException('late', 'TimeoutError')))
    const model = models.port(port, 'run-1')
    const prompt = { prompt: messages, tools: withTools ? tools : [], maxOutputTokens: 100, signal: stop.signal }
    const answer = callModel({ model, ...prompt })
    await s.clock.advance(30_000)
    return answer
  }
  /** Asks, and lets what was said be answered. */
  const go = async () => {
    const answer = await ask()
    if (!answer.ok) return answer
    messages.push({ role: 'assistant', text: answer.text, toolCalls: answer.toolCalls })
    if (answer.toolCalls.length === 0) messages.push({ role: 'user', text: 'Call a tool.' })
    for (const { id, name } of answer.toolCalls) messages.push({ role: 'tool', callId: id, name, output: 'done' })
    return answer
  }
  return { s, ask, go, messages, bitten: () => s.fates.bitten.has(strike) }
}

const namesOf = (answer: ModelAnswer) => (answer.ok ? answer.toolCalls.map(({ name }) => name) : [answer.class])
const inputsOf = (answer: ModelAnswer) => (answer.ok ? answer.toolCalls.map(({ inputText }) => inputText) : [])

describe('without a fault', () => {
  test("the scenario's script answers in the agent's model's place, turn by turn, and takes its time", async () => {
    const here = talk(null)
    expect(namesOf(await here.ask())).toEqual(['find'])
    for (const name of ['find', 'pay', 'pay']) expect(namesOf(await here.go())).toEqual([name])
    expect(await here.go()).toMatchObject({ text: 'over' })
    expect(here.s.fates.visits.get('model:own')).toBe(5)
  })

  test('without a script the model itself answers', async () => {
    expect(await talk(null, 1, null).ask()).toMatchObject({ ok: true, text: 'from its own code' })
  })

  test('a stream says the same', async () => {
    const { s } = talk(null)
    const port = new HostileModels(s).port(own, 'r')
    const heard: string[] = []
    const answer = callModel({
      ...{ model: port, prompt: [], tools, maxOutputTokens: 9, signal: new AbortController().signal },
      stream: (part) => void heard.push(part.type),
    })
    await s.clock.advance(5_000)
    expect(namesOf(await answer)).toEqual(['find'])
    expect(heard).toEqual(['tool_call'])
  })
})

describe('a fault of the provider', () => {
  test.each<[ModelFaultName, object]>([
    ['model_rate_limit', { class: 'rate_limit', retryAfterMs: expect.any(Number), usage: { outputTokens: 0 } }],
    ['model_5xx', { class: 'transient' }],
    ['model_cut', { class: 'transient' }],
    ['model_silence', { class: 'timeout' }],
  ])('%s costs the attempt, and the next one goes on', async (fault, expected) => {
    const here = talk(fault)
    expect(await here.ask()).toMatchObject({ ok: false, ...expected })
    expect(here.bitten()).toBe(true)
    expect(namesOf(await here.ask())).toEqual(['find'])
  })

  test('model_no_usage keeps the usage of a good answer back', async () => {
    const here = talk('model_no_usage')
    const answer = await here.go()
    expect(namesOf(answer)).toEqual(['find'])
    expect(answer.usage.outputTokens).toBeUndefined()
    expect(namesOf(await here.go())).toEqual(['pay'])
  })
})

describe('a fault of the model', () => {
  test.each<[ModelFaultName, number, (answer: ModelAnswer) => void]>([
    ['model_malformed', 1, (a) => expect(() => JSON.parse(inputsOf(a)[0] ?? '')).toThrow()],
    ['model_unknown_tool', 1, (a) => expect(namesOf(a)).toEqual(['no_such_tool'])],
    ['model_repeat', 3, (a) => expect(inputsOf(a)).toEqual(['{"id":"W1","amount":5}'])],
    ['model_apology', 2, (a) => expect([namesOf(a), a.text]).toEqual([[], expect.stringMatching(/sorry/)])],
    ['model_verbose', 2, (a) => expect(a.usage.outputTokens).toBeGreaterThan(90)],
    ['model_nonsense', 2, (a) => expect(inputsOf(a)).not.toEqual(['{"id":"W1","amount":5}'])],
    [
      'model_injected',
      1,
      (a) => expect([namesOf(a), inputsOf(a)[0]]).toEqual([['pay'], expect.stringMatching('planted')]),
    ],
  ])('%s is a turn of its own, and the script goes on after it', async (fault, nth, expected) => {
    const here = talk(fault, nth)
    const heard: string[][] = []
    for (let n = 1; n <= 5; n += 1) {
      const answer = await here.go()
      if (n === nth) expected(answer)
      else heard.push(namesOf(answer))
    }
    expect(here.bitten()).toBe(true)
    expect(heard).toEqual([['find'], ['pay'], ['pay'], []])
  })

  test('model_loop says the same for some turns, and then goes on', async () => {
    const here = talk('model_loop', 2)
    const heard: (string | undefined)[] = ['']
    for (let n = 0; n < 30 && heard.at(-1) !== undefined; n += 1) heard.push(namesOf(await here.go())[0])
    expect(heard.filter((name) => name === 'find').length).toBeGreaterThan(3)
    expect(heard.slice(heard.lastIndexOf('find') + 1)).toEqual(['pay', 'pay', undefined])
  })

  test('model_parallel says a write twice, each with an id of its own', async () => {
    const here = talk('model_parallel', 2)
    await here.go()
    const answer = await here.go()
    expect(namesOf(answer)).toEqual(['pay', 'pay'])
    expect(new Set(answer.ok ? answer.toolCalls.map(({ id }) => id) : []).size).toBe(2)
    expect(namesOf(await here.go())).toEqual(['pay'])
    expect(await here.go()).toMatchObject({ text: 'over' })
  })

  test('what nobody meant is known for it', async () => {
    for (const [fault, nth] of [
      ['model_nonsense', 2],
      ['model_injected', 2],
      ['model_repeat', 3],
    ] as const) {
      const here = talk(fault, nth)
      let last: ModelAnswer | null = null
      for (let n = 1; n <= nth; n += 1) last = await here.go()
      const [text] = last ? inputsOf(last) : []
      const act = { tool: 'pay', key: null, input: JSON.parse(text ?? '{}') }
      const blame = here.s.witness.blameFor({ ...act, runId: 'run-1' })
      expect(blame).toBe(fault === 'model_repeat' ? undefined : fault)
      expect(here.s.witness.blameFor({ ...act, runId: 'run-2' })).toBeUndefined()
    }
  })

  test.each<[ModelFaultName, number]>([
    ['model_repeat', 1],
    ['model_parallel', 1],
    ['model_nonsense', 4],
    ['model_malformed', 4],
  ])('%s does not strike where there is nothing to spoil', async (fault, nth) => {
    const here = talk(fault, nth)
    for (let n = 0; n < nth; n += 1) await here.go()
    expect(here.s.fates.struck).toEqual([])
  })

  test('without tools on offer only the provider fails', async () => {
    for (const fault of ['model_apology', 'model_unknown_tool', 'model_injected', 'model_verbose'] as const) {
      const here = talk(fault, 1, ['words'])
      expect(await here.ask(own, false)).toMatchObject({ ok: true, text: 'words' })
      expect(here.s.fates.struck).toEqual([])
    }
  })
})

test('an answer that is given up on its way is not said', async () => {
  const { s } = talk(null)
  const port = new HostileModels(s).port(own, 'r')
  const stop = new AbortController()
  const answer = callModel({ model: port, prompt: [], tools, maxOutputTokens: 9, signal: stop.signal })
  stop.abort(new Error('killed'))
  expect(await answer).toMatchObject({ ok: false, class: 'aborted' })
})
