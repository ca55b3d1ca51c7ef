import { setTimeout as realSleep } from 'node:timers/promises'
import { agent, allow, escalate, flow, type Verdict } from 'midwatch'
import { scriptedModel } from 'midwatch/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import config, { desk, nap } from '../../../test/cli/desk.js'
import { terminal } from '../../../test/cli/terminal.js'
import { readRuns } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import type { Model } from '../../models/port.js'
import { type Forked, fork } from './fork.js'
import type { Recording } from './recording.js'
import { stepsOf } from './steps.js'

const MESSAGES = [
  'find W1; refund W1 12',
  'find lost; refund lost 5; find W1',
  'find busy; refund busy 5',
  'find declined; refund declined 5',
  'refund W1 5; find W1; refund W1 60; refund W1 60; refund W1 70',
  'find W9; refund W9 90; find W8; refund W8 90; find W7; refund W7 90',
  'refund W1 0; refund W1 -1; find W1',
  'no',
  'over',
]
const recorded = new Map<string, Recording>()
const of = (message: string): Recording => recorded.get(message) as Recording

async function readOne(ledger: Ledger, runId: string): Promise<Recording> {
  for await (const { facts } of readRuns(ledger, { runId })) return facts
  throw new Error(`no run ${runId}`)
}

beforeAll(async () => {
  const { ledger, desk: run } = terminal()
  for (const message of MESSAGES) recorded.set(message, await readOne(ledger, (await run(message)).id))
}, 30_000)

/** The desk with rules, a model or a version of its own. */
function deskWith(over: { rules?: Record<string, () => Verdict>; model?: Model; instructions?: string }) {
  return agent({
    name: 'desk',
    version: 2,
    model: scriptedModel({ replies: [] }),
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    instructions: 'Do as you are told.',
    tools: [...desk.definition.tools.values()].map((spec) => ({ name: spec.name, spec })),
    ...over,
  })
}

const hows = ({ steps }: Forked) => steps.map(({ step, how, source }) => `${step} ${how} ${source}`)

it.each(MESSAGES)('from each step, with the same code, "%s" goes on as it was recorded', async (message) => {
  const recording = of(message)
  const steps = stepsOf(recording.entries)
  for (const [n] of steps.entries()) {
    const made = await fork(desk, recording, { from: n + 1 })
    expect(made.outcome).toEqual(made.recorded)
    expect(made.steps.map((s) => s.step)).toEqual(steps.map((s) => s.id))
    expect(made.steps.map((s) => s.how)).toEqual(steps.map((_, i) => (i < n ? 'given' : 'same')))
  }
})

it('knows an effect from before the cut by its key, and does not repeat it', async () => {
  const made = await fork(desk, of(MESSAGES[4] ?? ''), { from: 'issue_refund#3' })
  const again = made.steps.find((s) => s.step === 'issue_refund#3')
  expect(again).toMatchObject({ how: 'same', source: null, forked: { status: 'completed' } })
})

describe('where it goes otherwise', () => {
  it('a tool that gave nothing then gives what its schemas allow', async () => {
    const made = await fork(deskWith({ rules: { issue_refund: allow } }), of(MESSAGES[4] ?? ''), {
      from: 'issue_refund#1',
    })
    expect(hows(made).slice(1, 2)).toEqual(['issue_refund#1 other generated'])
    expect(made.steps[1]?.recorded).toMatchObject({ status: 'refused' })
  })

  it('a stand-in of the caller comes before what was recorded', async () => {
    const tools = { issue_refund: { execute: async () => ({ refundId: 'R7' }) } }
    const made = await fork(desk, of('find W1; refund W1 12'), { from: 1, tools })
    expect(made.steps.find((s) => s.step === 'issue_refund#1')).toMatchObject({
      how: 'other',
      source: 'stand_in',
      forked: { output: { refundId: 'R7' } },
    })
  })

  it('a script in place of the model adds steps and leaves others out', async () => {
    const model = [{ toolCalls: [{ name: 'refuse', input: { reason: 'policy', say: 'No.' } }] }]
    const made = await fork(desk, of('find W1; refund W1 12'), { from: 1, model })
    expect(made.outcome).toMatchObject({ status: 'refused' })
    expect(hows(made)).toEqual([
      'model#1 other model',
      ...['find_order#1', 'model#2', 'issue_refund#1', 'model#3'].map((s) => `${s} gone null`),
    ])
  })

  it('a real model is waited for, without time going on', async () => {
    const replies = async () => {
      await realSleep(30)
      return { toolCalls: [{ name: 'complete', input: { resolution: 'for real' } }] }
    }
    const made = await fork(deskWith({ model: scriptedModel({ replies }) }), of('find W1; refund W1 12'), {
      from: 3,
      model: 'agent',
    })
    expect(made.outcome).toEqual({ status: 'completed', output: { resolution: 'for real' } })
  })
})

describe('a question', () => {
  const asking = deskWith({
    rules: { issue_refund: () => escalate({ to: 'finance', within: '1h', otherwise: 'refuse' }) },
  })
  const one = (people?: Parameters<typeof fork>[2]['people']) =>
    fork(asking, of('find W1; refund W1 12'), { from: 'issue_refund#1', ...(people ? { people } : {}) })

  it('that nobody answered then stops the fork', async () => {
    expect(await one()).toMatchObject({ outcome: null, waits: expect.stringMatching(/^person:finance:/) })
  })

  it('is answered by whom the caller names', async () => {
    const made = await one(() => ({ decision: 'approve', by: 'ann', afterMs: 60_000 }))
    expect(made.outcome).toMatchObject({ status: 'completed' })
    expect(hows(made)).toContain('issue_refund#1 same recorded')
  })

  it('that nobody answers ends by its default', async () => {
    const made = await one(() => null)
    expect(made.steps.find((s) => s.step === 'issue_refund#1')?.forked).toMatchObject({
      status: 'refused',
      say: 'Nobody answered in time (last asked: finance).',
    })
  })

  it('is answered as it was then', async () => {
    const { ledger, say, desk: run } = terminal()
    const { id } = await run('find W1; refund W1 150', '--key', 'k')
    await say('approve', String((await ledger.escalations({ runId: id }))[0]?.id))
    await run('find W1; refund W1 150', '--key', 'k')
    const made = await fork(desk, await readOne(ledger, id), { from: 1 })
    expect(made.outcome).toMatchObject({ status: 'completed' })
    expect(made.steps.every((s) => s.how === 'same')).toBe(true)
  }, 15_000)
})

it('says what the code asks for where that is not what is given', async () => {
  const { ledger, say } = terminal({ options: { ...config, run: [nap] } })
  void say('run', 'nap', '--input', '{}')
  await expect.poll(async () => (await ledger.runs({ states: ['waiting'] })).length).toBe(1)
  const [run] = await ledger.runs({})
  const recording = await readOne(ledger, run?.runId ?? '')
  const made = await fork(nap, recording, { from: 1 })
  expect(made).toMatchObject({ outcome: { status: 'completed' }, recorded: null })
  const longer = flow({
    name: 'nap',
    version: 2,
    input: z.object({}),
    run: async (ctx) => {
      await ctx.sleep('2h')
      await ctx.sleep('1m')
    },
  })
  expect((await fork(longer, recording, { from: 1 })).steps.map((s) => `${s.step} ${s.how}`)).toEqual([
    'sleep#1 other',
    'sleep#2 new',
  ])
  const other = flow({
    name: 'desk',
    version: 2,
    input: z.object({ message: z.string() }),
    run: (ctx) => ctx.sleep('1s'),
  })
  expect(await fork(other, of('find W1; refund W1 12'), { from: 2 })).toMatchObject({
    outcome: null,
    waits: 'mismatch:model#1',
  })
})

it('goes on from nothing where bodies were erased', async () => {
  const { run, entries, escalations } = of('no')
  const bare = { run, escalations, entries: entries.map((e) => ({ ...e, body: null })) }
  await expect(fork(desk, bare, { from: 1 })).rejects.toMatchObject({ code: 'invalid_input' })
})
