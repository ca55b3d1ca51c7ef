import { beforeAll, describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { desk } from '../../../test/cli/desk.js'
import { terminal } from '../../../test/cli/terminal.js'
import { readRuns } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import { agent } from '../../orchestrator/agent.js'
import { flow } from '../../orchestrator/flow.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import type { ScriptedRequest } from '../../testing/scripted-model-reply.js'
import { tool } from '../../tools/tool.js'
import { scenario } from '../define.js'
import type { Strike } from '../fault.js'
import { stepsOf } from '../past/steps.js'
import { play } from '../play.js'
import type { AnyStartable } from '../scenario.js'
import { type Cassette, type CassetteOptions, cassette } from './cassette.js'

const MESSAGES = [
  'find W1; refund W1 12',
  'find lost; refund lost 5; find W1',
  'find declined; refund declined 5',
  'refund W1 5; find W1; refund W1 60; refund W1 60; refund W1 70',
  'refund W1 0; refund W1 -1; find W1',
  'no',
]
const documents = new Map<string, string>()

beforeAll(async () => {
  const here = terminal()
  for (const message of MESSAGES) {
    const { id } = await here.desk(message)
    documents.set(message, (await here.say('export', id)).out)
  }
}, 30_000)

const documentOf = (message: string) => JSON.parse(documents.get(message) ?? '')

/** A document as `midwatch export` writes it, of the only run of a ledger. */
async function exported(ledger: Ledger): Promise<unknown> {
  const [run] = await ledger.runs({})
  for await (const { facts } of readRuns(ledger, { runId: run?.runId ?? '' }))
    return { form: 'midwatch.run/1', ...facts }
  throw new Error('There is no run.')
}

/** Plays a cassette against an agent, and gives what came of it. */
async function replayed(of: AnyStartable, tape: Cassette, input = tape.input, strikes: readonly Strike[] = []) {
  const played = scenario({
    name: 'tape',
    run: [of],
    stories: [{ name: 'a', messages: [{ input }] }],
    model: () => tape.model,
    tools: () => tape.tools(),
  })
  let document: unknown
  const verdict = await play(
    played,
    { story: 'a', seed: 1, strikes },
    {
      look: async (ledger) => {
        document = await exported(ledger)
      },
    },
  )
  const steps = stepsOf((document as { entries: Parameters<typeof stepsOf>[0] }).entries)
  return { verdict, document, steps: steps.map(({ id, sort, result }) => ({ id, sort, result })) }
}

const results = (steps: { id: string; sort: string; result: unknown }[]) => steps.filter(({ sort }) => sort !== 'model')

describe('an exported run of an agent', () => {
  test.each(MESSAGES)('goes the same way again: %s', async (message) => {
    const document = documentOf(message)
    const { verdict, steps } = await replayed(desk, cassette(document))
    const then = stepsOf(document.entries).map(({ id, sort, result }) => ({ id, sort, result }))
    expect(verdict).toMatchObject({ ok: true, runs: [{ status: document.run.outcome, detail: document.run.detail }] })
    expect(steps.map(({ id }) => id)).toEqual(then.map(({ id }) => id))
    expect(results(steps)).toEqual(results(then))
  })

  it('is of its agent, with its input', () => {
    const tape = cassette(documentOf('no'))
    expect([tape.agent, tape.input]).toEqual(['desk', { message: 'no' }])
    expect(Object.keys(cassette(documentOf('find W1; refund W1 12')).tools())).toEqual(['find_order', 'issue_refund'])
  })

  it('goes on through faults that leave no mark in the conversation', async () => {
    const strikes: Strike[] = [
      { fault: 'model_5xx', place: 'model:scripted#1' },
      { fault: 'model_malformed', place: 'model:scripted#3' },
      { fault: 'tool_error', place: 'tool:find_order#1' },
      { fault: 'tool_cut', place: 'tool:issue_refund#1' },
      { fault: 'crash', place: 'point:after_effect#2' },
    ]
    const tape = cassette(documentOf('find W1; refund W1 12'))
    const { verdict } = await replayed(desk, tape, tape.input, strikes)
    expect(verdict).toMatchObject({ ok: true, acts: 1, runs: [{ status: 'completed' }] })
    expect(verdict.bitten.length).toBeGreaterThan(3)
  })
})

describe('an exported run of an agent that asks a verifier', () => {
  const pay = tool({
    ...{ name: 'pay', description: 'Pays.', effect: 'keyed', keyRemembered: '1d', concurrent: true },
    input: z.object({ id: z.string() }),
    output: z.object({ ref: z.string() }),
    execute: async () => ({ ref: 'R1' }),
  })
  const careful = agent({
    ...{ name: 'careful', version: 1, model: scriptedModel({ replies: [] }), instructions: 'Pay.', tools: [pay] },
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    confidence: { below: 0.5, by: { verifier: scriptedModel({ replies: [], name: 'small' }) }, before: 'effects' },
  })
  const calls = [
    { name: 'pay', input: { id: 'W1' } },
    { name: 'pay', input: { id: 'W2' } },
    { name: 'complete', input: { resolution: 'Paid.' } },
  ]

  it('goes the same way again: each proposal is judged as it was', async () => {
    let document: unknown
    const first = scenario({
      name: 'careful',
      run: [careful],
      stories: [{ name: 'a', messages: [{ input: { message: 'please' } }] }],
      model: () => (request) => {
        const value = JSON.stringify(request.messages.at(-1)).includes('W2') ? 0.9 : 0.2
        const judged = [{ name: 'assess', input: { value, why: 'By the order.' } }]
        return { toolCalls: request.tools.includes('assess') ? judged : calls.slice(request.call - 1, request.call) }
      },
    })
    const look = async (ledger: Ledger) => {
      document = await exported(ledger)
    }
    const then = await play(first, { story: 'a', seed: 1, strikes: [] }, { look })
    const { verdict, steps } = await replayed(careful, cassette(document))
    expect([then.acts, verdict.acts, verdict.ok]).toEqual([1, 1, true])
    const found = steps.filter(({ id }) => id.startsWith('confidence'))
    expect(found.map(({ result }) => result)).toMatchObject(
      [0.2, 0.9].map((confidence) => ({ output: { confidence } })),
    )
  })
})

describe('off the record', () => {
  const STRIKES: Strike[] = [{ fault: 'tool_permanent', place: 'tool:issue_refund#1' }]
  const off = async (options: CassetteOptions) => {
    const tape = cassette(documentOf('find W1; refund W1 12'), options)
    const { verdict, document } = await replayed(desk, tape, tape.input, STRIKES)
    return { run: verdict.runs[0], text: JSON.stringify(document) }
  }

  it('it says what is at odds', async () => {
    const { run, text } = await off({})
    expect(run).toMatchObject({ status: 'failed', detail: 'model_invalid_request' })
    expect(text).toMatch(/cassette has no answer here: issue_refund was answered .*refused_by_provider/)
  })

  it('it goes on as it did then, or hands over, where that is wished', async () => {
    expect((await off({ offRecord: 'go_on' })).run).toMatchObject({ status: 'completed' })
    expect((await off({ offRecord: 'hand_over' })).run).toMatchObject({ status: 'handed_over' })
  })

  it('another input is another conversation', async () => {
    const { document } = await replayed(desk, cassette(documentOf('no')), { message: 'find W1' })
    expect(JSON.stringify(document)).toContain('its input is another')
  })

  it('an answer of somebody else, and one beyond the last, are not on it', async () => {
    const { model } = cassette(documentOf('no'))
    const ask = async (id: string) => {
      const messages = [{ role: 'assistant', text: '', toolCalls: [{ id, name: 'refuse', inputText: '{}' }] }] as const
      return (model as (r: ScriptedRequest) => unknown)({
        call: 1,
        messages,
        tools: ['x'],
        maxOutputTokens: 9,
        stream: false,
      })
    }
    await expect(ask('nobody')).rejects.toThrow('never recorded')
    const [first] = stepsOf(documentOf('no').entries)
    const said = first?.result as { readonly output: { readonly toolCalls: readonly { readonly id: string }[] } } | null
    await expect(ask(said?.output.toolCalls[0]?.id ?? '')).rejects.toThrow('over after 1 answers')
  })
})

const large = scriptedModel({ name: 'large', replies: [] })
const small = scriptedModel({ name: 'small', replies: [] })
const post = tool({
  name: 'post',
  description: '',
  input: z.object({ text: z.string(), copies: z.number().default(2) }),
  effect: 'keyed',
  keyRemembered: '24h',
  execute: async ({ text, copies }) => ({ posted: text, copies }),
})

/** Asks two models side by side, reads, and writes. */
const letters = flow({
  name: 'letters',
  version: 1,
  input: z.object({ to: z.string() }),
  run: async (ctx, { to }) => {
    const [a, b] = await ctx.all([
      (c) => c.model('draft', { model: large, prompt: `Write to ${to}.`, system: 'Be kind.' }),
      (c) => c.model('title', { model: [large, small], prompt: `A title for ${to}.` }),
    ])
    const weather = await ctx.read('weather', async () => 'fine')
    const posted = await ctx.tool(post, { text: `${b.text}: ${a.text}`, copies: 2 })
    return { weather, posted }
  },
})

describe('an exported run of a flow', () => {
  let document: unknown
  beforeAll(async () => {
    const words = scenario({
      name: 'letters',
      run: [letters],
      stories: [{ name: 'a', messages: [{ input: { to: 'Ann' } }] }],
      model: () => (request) => `You asked: ${JSON.stringify(request.messages.at(-1))}`,
    })
    await play(
      words,
      { story: 'a', seed: 1, strikes: [] },
      {
        look: async (ledger) => {
          document = await exported(ledger)
        },
      },
    )
  })

  it('goes the same way again, each question with its own answer', async () => {
    const tape = cassette(document, { models: ['small'] })
    const { verdict, steps } = await replayed(letters, tape)
    expect(verdict).toMatchObject({ ok: true, acts: 1, runs: [{ status: 'completed' }] })
    const then = stepsOf((document as { entries: Parameters<typeof stepsOf>[0] }).entries)
    expect(results(steps)).toEqual(results(then.map(({ id, sort, result }) => ({ id, sort, result }))))
    expect(Object.keys(tape.tools()).sort()).toEqual(['post', 'weather'])
  })

  it('a question that nobody asked then has no answer', async () => {
    const { verdict, document: now } = await replayed(letters, cassette(document, { offRecord: 'hand_over' }), {
      to: 'Bob',
    })
    expect(verdict.runs[0]).toMatchObject({ status: 'failed', detail: 'model_invalid_request' })
    expect(JSON.stringify(now)).toContain('nobody asked')
  })
})

describe('what makes no cassette', () => {
  it('is any other document', () => {
    for (const other of [null, 'x', {}, { form: 'midwatch.run/2', run: {}, entries: [] }])
      expect(() => cassette(other)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it('is a run whose bodies were erased', () => {
    const document = documentOf('no')
    const entries = document.entries.map((entry: object) => ({ ...entry, body: null }))
    expect(() => cassette({ ...document, entries })).toThrow(/erased/)
  })
})
