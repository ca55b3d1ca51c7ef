import { agent, flow, tool } from 'midwatch'
import { type ScriptedRequest, scriptedModel } from 'midwatch/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scenario } from '../define.js'
import type { FaultName, Strike } from '../fault.js'
import { play } from '../play.js'
import type { Message, ScenarioOptions } from '../scenario.js'
import type { Place } from '../site.js'
import { playNaive } from './play-naive.js'

const order = z.object({ order: z.string() })
const never = () => Promise.reject(new Error('It has a stand-in.'))
const find = tool({ name: 'find', description: 'Finds.', input: order, effect: 'read', timeout: '5s', execute: never })
const pay = tool({
  ...{ name: 'pay', description: 'Pays.', input: order, effect: 'checked', timeout: '5s' },
  key: (input, { message }) => `${input.order}:${message.key}`,
  execute: never,
  check: never,
})
const mail = tool({
  ...{ name: 'mail', description: 'Writes.', input: order, effect: 'keyed', keyRemembered: '24h', timeout: '5s' },
  execute: never,
})

const ORDERS = ['find', 'pay', 'mail']
/** Finds, pays, writes, and is done; an order called `loop` is looked for without end. */
const replies = ({ messages }: ScriptedRequest) => {
  const asked = messages.find((one) => one.role === 'user')
  const input = JSON.parse(asked?.role === 'user' ? asked.text : '{}') as { order: string }
  const name = input.order === 'loop' ? 'find' : ORDERS[messages.filter((one) => one.role === 'tool').length]
  return { toolCalls: [name ? { name, input } : { name: 'complete', input: { said: 'paid' } }] }
}

const deskOptions = {
  ...{ name: 'desk', version: 1, input: order, outcome: z.object({ said: z.string() }), instructions: 'Pay.' },
  model: scriptedModel({ replies }),
  tools: [find, pay, mail],
} as const
const desk = agent(deskOptions)

const GENERATED = { find: 'generated', pay: 'generated', mail: 'generated' } as const
const deskOf = (messages: readonly Message[], more: Partial<ScenarioOptions<unknown>> = {}) =>
  scenario({ name: 'desk', run: [desk], stories: [{ name: 'a', messages }], tools: () => GENERATED, ...more })
const ONE: Message = { input: { order: 'W1' }, key: 'm1' }
const naive = (strikes: readonly (readonly [FaultName, Place])[] = [], messages: readonly Message[] = [ONE]) =>
  playNaive(deskOf(messages), {
    story: 'a',
    seed: 1,
    strikes: strikes.map(([fault, place]): Strike => ({ fault, place })),
  })

describe('the naive twin', () => {
  it('works a calm case as well as anybody', async () => {
    const [twin, real] = [await naive(), await play(deskOf([ONE]), { story: 'a', seed: 1, strikes: [] })]
    expect(real).toMatchObject({ ok: true, acts: 2 })
    expect(twin).toMatchObject({ side: 'naive', ok: true, acts: 2, duplicates: 0, stuck: 0 })
    expect(twin.runs.map(({ status, detail, steps }) => [status, detail, steps])).toEqual([['completed', '', 7]])
    expect(twin.usdMicros).toBe(real.usdMicros)
  })

  it.each<[string, FaultName, Place]>([
    ['the answer of a write is lost', 'tool_timeout_after', 'tool:pay#1'],
    ['the connection breaks after the act', 'tool_cut', 'tool:pay#1'],
    ['the message is delivered again', 'message_duplicate', 'message:0#1'],
    ['its process dies after an effect', 'crash', 'point:after_effect#4'],
    ['its process dies where a governed one would write its result', 'crash', 'answer:apply:settle+begin#4'],
    ['its process stands still past the lease', 'stall', 'point:before_effect#6'],
  ])('acts twice where %s', async (_, fault, place) => {
    const twin = await naive([[fault, place]])
    expect(twin.bitten.map((strike) => strike.fault)).toEqual([fault])
    expect(twin).toMatchObject({ ok: false, stuck: 0 })
    expect(twin.duplicates).toBeGreaterThan(0)
    expect(twin.broken[0]).toMatch(/^(pay|mail) was done again for the same message/)
  })

  it('passes over what befalls a ledger', async () => {
    const twin = await naive([
      ['answer_lost', 'answer:apply:begin#1'],
      ['ledger_away', 'call:claim#1'],
    ])
    expect(twin).toMatchObject({ ok: true, struck: [] })
  })

  it('goes on with what is under way when it is killed, and takes nothing more', async () => {
    const messages = [ONE, { input: { order: 'W2' }, key: 'm2', afterMs: 60_000 }]
    const twin = await naive([['kill', 'moment:begin#1']], messages)
    expect(twin).toMatchObject({ ok: false, stuck: 0, acts: 2, broken: ['2 acts after it was killed.'] })
  })

  it('takes messages again after it was held', async () => {
    const messages = [ONE, { input: { order: 'W2' }, key: 'm2', afterMs: 5_000 }]
    expect(await naive([['hold', 'moment:begin#1']], messages)).toMatchObject({ ok: true, acts: 4 })
  })

  it('loses a message whose model does not come to an end', async () => {
    const twin = await naive([], [{ input: { order: 'loop' }, key: 'm1' }])
    expect(twin).toMatchObject({ ok: false, stuck: 1, broken: ['Message m1 never came to an end.'] })
    expect(twin.runs[0]?.detail).toContain('did not come to an end')
  })

  it('spends what no ceiling would have let through', async () => {
    const poor = agent({ ...deskOptions, ceilings: { run: { usd: '$0.0001' } } })
    const twin = await playNaive(deskOf([ONE], { run: [poor] }), { story: 'a', seed: 1, strikes: [] })
    expect(twin.broken).toEqual([
      expect.stringMatching(/^Message m1 cost \$0\.00\d+; the ceiling of desk is \$0\.0001/),
    ])
  })

  it('holds what a scenario expects of its acts and its spend against the twin too', async () => {
    const expect_ = { spend: '$0', acts: () => [{ tool: 'pay', input: { order: 'W1' } }] } as const
    const twin = await playNaive(deskOf([ONE], { expect: expect_ }), { story: 'a', seed: 1, strikes: [] })
    expect(twin.broken).toEqual([
      expect.stringContaining('the most is $0'),
      'Done once, expected 0: mail {"order":"W1"}.',
    ])
  })

  it('gives the same verdict for the same seed', async () => {
    const id = { story: 'a', seed: 5, strikes: null }
    const [first, again] = [await playNaive(deskOf([ONE]), id), await playNaive(deskOf([ONE]), id)]
    expect(again).toEqual(first)
  })

  it('does over many seeds what the governed runtime never does', async () => {
    const sums = { twin: 0, real: 0, stuck: 0 }
    for (let seed = 1; seed <= 25; seed += 1) {
      const id = { story: 'a', seed, strikes: null }
      const twin = await playNaive(deskOf([ONE]), id)
      const real = await play(deskOf([ONE]), id)
      sums.twin += twin.duplicates
      sums.stuck += twin.stuck
      sums.real += real.duplicates + real.stuck
    }
    expect(sums.real).toBe(0)
    expect(sums.twin).toBeGreaterThan(3)
  })
})

describe('the naive twin of a flow', () => {
  const night = flow({
    name: 'night',
    version: 1,
    input: z.object({ orders: z.array(z.string()) }),
    run: async (ctx, { orders }) => {
      const started = ctx.now()
      await ctx.sleep('1m')
      const colour = await ctx.ask({
        question: 'Which?',
        to: 'ann',
        within: '1h',
        answer: z.string(),
        otherwise: 'grey',
      })
      const [a] = await ctx.all([
        (one) => one.tool(pay, { order: orders[0] ?? '' }),
        (two) => two.tool(mail, { order: 'x' }),
      ])
      const tried = await ctx.try.tool(find, { order: 'y' })
      const seen = await ctx.read('look', async ({ attempt }) => ({ attempt }))
      const { text } = await ctx.model('say', { model: scriptedModel({ replies: ['Good night.'] }), prompt: 'Say it.' })
      const ms = ctx.now().getTime() - started.getTime()
      return {
        a,
        colour,
        tried: tried.status,
        seen,
        text,
        slept: ms >= 60_000,
        ids: [ctx.uuid().length, ctx.random() < 1],
      }
    },
  })
  const options: ScenarioOptions<unknown> = {
    ...{ name: 'night', run: [night], stories: [{ name: 'a', messages: [{ input: { orders: ['W1'] } }] }] },
    tools: () => GENERATED,
    people: () => ({ decision: 'answer', by: 'ann', result: 'blue' }),
  }

  it('runs the same function to the same end', async () => {
    const twin = await playNaive(scenario(options), { story: 'a', seed: 1, strikes: [] })
    expect(twin).toMatchObject({ ok: true, acts: 2 })
    expect(twin.runs[0]).toMatchObject({ agent: 'night', status: 'completed' })
  })

  it('forgets all of it with its process, and begins anew', async () => {
    const strikes: Strike[] = [{ fault: 'crash', place: 'point:before_effect#3' }]
    const twin = await playNaive(scenario(options), { story: 'a', seed: 1, strikes })
    expect(twin.runs.map(({ status }) => status)).toEqual([null, 'completed'])
    expect(twin.duplicates).toBe(2)
  })

  it('waits for the default where nobody answers', async () => {
    const strikes: Strike[] = [{ fault: 'person_never', place: 'person:question#1' }]
    const twin = await playNaive(scenario(options), { story: 'a', seed: 1, strikes })
    expect(twin).toMatchObject({ ok: true })
    expect(twin.virtualMs).toBeGreaterThan(3_600_000)
  })
})
