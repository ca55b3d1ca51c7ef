import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { allow, refuse } from '../govern/verdict.js'
import { scriptedModel } from '../testing/index.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'
import { asTool } from './agent-tool.js'

let hand: ByHand
let acts: string[]
beforeEach(() => {
  hand = new ByHand()
  acts = []
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const acting = <const N extends string>(name: N) =>
  tool({
    name,
    description: `Does ${name}.`,
    input: z.object({ of: z.string() }),
    effect: 'keyed',
    keyRemembered: '1d',
    execute: async ({ of }, { runId }) => {
      acts.push(`${name} ${of}`)
      return { of, runId }
    },
  })
const tools = [acting('find'), acting('pay')] as const

type Said = { text?: string; toolCalls?: { name: string; input: unknown }[] }
const says = (name: string, input: unknown = { of: 'x' }): Said => ({ text: '', toolCalls: [{ name, input }] })
const go = (stage: unknown) => says('go_to_stage', { stage })
const done = says('complete', { ok: true })
const both = (...said: Said[]): Said => ({ text: '', toolCalls: said.flatMap(({ toolCalls }) => toolCalls ?? []) })

function modelOf(replies: readonly Said[]) {
  return scriptedModel({
    replies: ({ messages }) => replies[messages.filter((m) => m.role === 'assistant').length] ?? { text: 'lost' },
  })
}
const base = {
  ...{ name: 'desk', version: 1, input: z.object({}), outcome: z.object({ ok: z.boolean() }) },
  instructions: 'Work.',
} as const
const desk = (model: ReturnType<typeof modelOf>, look: { tool_calls?: number; model_calls?: number } = {}) =>
  agent({
    ...base,
    model,
    tools,
    stages: {
      look: { allow: ['find'], next: ['pay'], ceilings: look },
      pay: { about: 'Pays what was found.', allow: ['pay'], next: ['look', 'over'] },
      over: { allow: [] },
    },
  })

async function played(replies: readonly Said[], look: Parameters<typeof desk>[1] = {}) {
  const model = modelOf(replies)
  const made = desk(model, look)
  const mw = await hand.runtime([made])
  const { id } = await mw.start(made, { input: {} })
  const outcome = await hand.outcome(mw, id)
  const entries = await hand.ledger.journal({ runId: id })
  const notes = entries.filter((e) => e.kind === 'note').map((e) => JSON.parse(e.body ?? '{}'))
  const run = await hand.ledger.run({ runId: id })
  const strikes = run?.meters.strikes?.used ?? 0
  const heard =
    model.requests
      .at(-1)
      ?.messages.filter((m) => m.role === 'tool')
      .map((m) => JSON.stringify(m)) ?? []
  return { id, outcome, notes, strikes, heard, model, run }
}

describe('a stage', () => {
  it('offers its own tools, the way on and the ways out, and nothing else', async () => {
    const { outcome, model, notes } = await played([says('find'), go('pay'), says('pay'), go('over'), done])
    expect(outcome).toEqual({ status: 'completed', output: { ok: true } })
    const ways = ['complete', 'refuse', 'hand_over']
    expect(model.requests.map(({ tools: offered }) => offered)).toEqual([
      ['find', 'go_to_stage', ...ways],
      ['find', 'go_to_stage', ...ways],
      ['pay', 'go_to_stage', ...ways],
      ['pay', 'go_to_stage', ...ways],
      ways,
    ])
    expect(notes.filter((n) => n.about === 'stage').map((n) => [n.step, n.detail.from, n.detail.to])).toEqual([
      ['stage#1', 'look', 'pay'],
      ['stage#2', 'pay', 'over'],
    ])
    expect(acts).toEqual(['find x', 'pay x'])
  })

  it('refuses what belongs to another one, readably, with a strike, whatever its arguments are', async () => {
    const { outcome, notes, strikes, heard } = await played([says('pay', { nonsense: 1 }), done])
    expect(outcome).toMatchObject({ status: 'completed' })
    expect(acts).toEqual([])
    expect(strikes).toBe(1)
    expect(notes[0]).toMatchObject({
      about: 'refused',
      step: 'pay#1',
      final: { rule: 'stages.look', reason: 'policy' },
    })
    expect(heard[0]).toContain("It belongs to stage 'pay'")
  })

  it('refuses a way that is not there, by the same rule and with a strike', async () => {
    const { notes, strikes, heard } = await played([go('over'), go(7), done])
    expect([strikes, acts]).toEqual([2, []])
    expect(notes[0]?.final).toMatchObject({ status: 'refused', rule: 'stages.look' })
    expect(heard[0]).toContain("No way leads from stage 'look' to 'over'. From here: pay.")
  })

  it('that allows no tool refuses every one, and there is no way on from the last', async () => {
    const over = both(says('find'), says('pay'), go('look'))
    const { outcome, notes, heard } = await played([go('pay'), go('over'), over, done])
    expect(outcome).toMatchObject({ status: 'completed' })
    expect([acts, heard.filter((h) => h.includes('No tool is allowed here')).length]).toEqual([[], 2])
    expect(notes.filter((n) => n.about === 'refused').map((n) => n.final.rule)).toEqual(Array(3).fill('stages.over'))
  })

  it('is left before the calls that come behind the move in one answer', async () => {
    const { outcome } = await played([both(says('find'), go('pay'), says('pay')), done])
    expect([outcome.status, acts]).toEqual(['completed', ['find x', 'pay x']])
  })

  it('ends a model that will not keep the order', async () => {
    const { outcome } = await played(Array(9).fill(says('pay')))
    expect(outcome).toMatchObject({ status: 'exhausted', meter: 'strikes', used: 5 })
    expect(acts).toEqual([])
  })
})

describe('a ceiling of a stage', () => {
  it('holds in the ledger, is told to the model, and binds all visits together', async () => {
    const { outcome, heard, notes, run } = await played(
      [
        both(says('find', { of: 'a' }), says('find', { of: 'b' }), says('find', { of: 'c' })),
        both(go('pay'), says('pay'), go('look'), says('find', { of: 'd' })),
        done,
      ],
      { tool_calls: 2 },
    )
    expect(outcome).toMatchObject({ status: 'completed' })
    expect(acts).toEqual(['find a', 'find b', 'pay x'])
    expect(heard.filter((h) => h.includes('stages.look.tool_calls'))).toHaveLength(2)
    expect(
      notes.filter((n) => n.about === 'breach').map((n) => [n.detail.scope, n.detail.used, n.detail.limit]),
    ).toEqual(Array(2).fill(['stage:look', 2, 2]))
    expect(run?.meters.tool_calls?.used).toBe(3)
  })

  it('ends the run where there is no room for another call of the model', async () => {
    const { outcome } = await played([says('find', { of: 'a' }), says('find', { of: 'b' }), done], { model_calls: 2 })
    expect(outcome).toEqual({ status: 'exhausted', meter: 'stages.look.model_calls', used: 2, limit: 2 })
  })

  it('counts what an agent that was called spends in it, and not what was spent before', async () => {
    const child = agent({ ...base, name: 'child', model: modelOf([done]), tools: [] })
    const made = agent({
      ...{ ...base, model: modelOf([says('child', {}), go('b'), says('child', {}), says('child', {}), done]) },
      tools: [asTool(child, 'Calls it.')],
      stages: { a: { allow: ['child'], next: ['b'] }, b: { allow: ['child'], ceilings: { model_calls: 4 } } },
    })
    const mw = await hand.runtime([made, child])
    const { id } = await mw.start(made, { input: {} })
    expect(await hand.outcome(mw, id)).toEqual({
      ...{ status: 'exhausted', meter: 'stages.b.model_calls', used: 4, limit: 4 },
    })
  })
})

describe('replayed', () => {
  it('a run that parked comes back into the stage that it was in', async () => {
    const waits = asked()
    const mw = await hand.runtime([waits.made], {}, '1s')
    const { id } = await mw.start(waits.made, { input: {} })
    const question = await hand.question(id)
    const [one] = await hand.ledger.escalations({ runId: id })
    await hand.stop()
    await hand.ledger.answer({ id: question, decision: 'answer', by: 'ann', result: '"yes"' })
    const again = asked()
    const other = await hand.runtime([again.made], {}, '1s')
    expect(await hand.outcome(other, id)).toMatchObject({ status: 'completed' })
    expect([acts, one?.kind]).toEqual([['pay x'], 'question'])
  })

  /** Asks back in the second stage, then pays. */
  function asked() {
    const model = modelOf([go('pay'), says('ask_requester', { question: '?' }), says('pay'), done])
    const made = agent({
      ...{ ...base, model, tools, askBack: { within: '1h' as const } },
      stages: { look: { allow: ['find'], next: ['pay'] }, pay: { allow: ['pay'] } },
    })
    return { model, made }
  }
})

describe('rules beside stages', () => {
  it('know the stage, what was confirmed, and with what result', async () => {
    const seen: unknown[] = []
    const made = agent({
      ...{ ...base, model: modelOf([says('find'), go('b'), says('pay'), says('find'), done]), tools },
      stages: { a: { allow: ['find'], next: ['b'] }, b: { allow: ['pay', 'find'] } },
      rules: {
        find: ({ of }, run) => (run.stage === 'b' ? refuse('policy', `not ${of}`) : allow()),
        pay: (_, run) => {
          seen.push(run.did(tools[0], { of: 'x' }, { of: 'x' }), run.did(tools[0], {}, { of: 'y' }), run.stage)
          return allow()
        },
      },
    })
    const mw = await hand.runtime([made])
    const { id } = await mw.start(made, { input: {} })
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed' })
    expect([seen, acts]).toEqual([
      [true, false, 'b'],
      ['find x', 'pay x'],
    ])
  })
})

it('stages are part of the fingerprint, and an agent without them keeps its own', () => {
  const model = modelOf([])
  const plain = agent({ ...base, model, tools }).definition.fingerprint
  const staged = (limit: number) => desk(model, { tool_calls: limit }).definition.fingerprint
  expect(new Set([plain, staged(1), staged(2)]).size).toBe(3)
})
