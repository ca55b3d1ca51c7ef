import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { allow, escalate, refuse, type Verdict } from '../govern/verdict.js'
import { scriptedModel } from '../testing/index.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'
import { flow } from './flow.js'

let hand: ByHand
let paid: number[]
beforeEach(() => {
  hand = new ByHand()
  paid = []
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const pay = (people?: 1 | 2) =>
  tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ amount: z.number().positive() }),
    effect: 'keyed',
    keyRemembered: '1d',
    ...(people ? { people } : {}),
    execute: async ({ amount }) => {
      paid.push(amount)
      return { amount }
    },
  })

const says = (name: string, input: unknown) => ({ text: '', toolCalls: [{ name, input }] })
type Rule = (input: { amount: number }) => Verdict
const asks = () => escalate({ to: 'desk', within: '10m' }, { to: 'manager', within: '10m', otherwise: 'refuse' })

function deskOf(
  wish: { rule?: Rule; people?: 1 | 2; selfApproval?: boolean; version?: number; accepts?: number[] } = {},
) {
  const replies = [says('pay', { amount: 100 }), says('complete', {})]
  const model = scriptedModel({
    replies: ({ messages }) => replies[messages.filter((m) => m.role === 'assistant').length] ?? { text: 'lost' },
  })
  const { rule, people, version = 1, ...more } = wish
  const made = agent({
    ...{ name: 'desk', version, model, input: z.object({}), outcome: z.object({}), instructions: 'Pay.' },
    ...{ tools: [pay(people)], rules: rule ? { pay: rule } : {}, ...more },
  })
  return { made, model }
}

async function opened(wish: Parameters<typeof deskOf>[0] = { rule: asks }) {
  const { made, model } = deskOf(wish)
  const mw = await hand.runtime([made])
  const { id } = await mw.start(made, { input: {}, principal: 'cleo' })
  const question = await hand.question(id)
  const say = (by: string, more: { decision?: 'approve' | 'deny'; note?: string; result?: string } = {}) =>
    hand.ledger.answer({ id: question, decision: 'approve', by, ...more })
  const notes = async () =>
    (await hand.ledger.journal({ runId: id })).filter((e) => e.kind === 'note').map((e) => JSON.parse(e.body ?? '{}'))
  const heard = () =>
    model.requests
      .at(-1)
      ?.messages.filter((m) => m.role === 'tool')
      .map((m) => JSON.stringify(m)) ?? []
  return { mw, id, question, say, notes, heard, outcome: () => hand.outcome(mw, id) }
}

describe('an approval', () => {
  it('is not given by whoever asked for the run, unless the policy says so', async () => {
    const own = await opened()
    expect(await own.say('cleo')).toEqual({ code: 'requester' })
    expect(await own.say('ann')).toEqual({ code: 'ok' })
    await own.outcome()
    const free = await opened({ rule: asks, selfApproval: true })
    expect(await free.say('cleo')).toEqual({ code: 'ok' })
    await free.outcome()
    expect(paid).toEqual([100, 100])
  })

  it('is for one version of the agent: another one asks anew', async () => {
    const { id, question, say } = await opened()
    await hand.stop()
    await say('ann')
    const { made } = deskOf({ rule: asks, version: 2, accepts: [1] })
    await hand.ledger.repin({ runId: id, version: 2, fingerprint: made.definition.fingerprint, by: 'ops' })
    const next = await hand.runtime([made])
    await hand.until(async () => (await hand.ledger.escalations({ runId: id, state: 'open' })).length > 0)
    const [again] = await hand.ledger.escalations({ runId: id, state: 'open' })
    expect([again?.id === question, paid]).toEqual([false, []])
    await hand.ledger.answer({ id: again?.id ?? '', decision: 'approve', by: 'ann' })
    expect(await hand.outcome(next, id)).toMatchObject({ status: 'completed' })
    expect(paid).toEqual([100])
  })
})

describe('two people', () => {
  it('must both say yes to a marked tool, whatever its rule allows', async () => {
    const { say, outcome, notes, question } = await opened({ rule: allow, people: 2 })
    expect((await hand.ledger.escalations({ id: question }))[0]).toMatchObject({
      people: 2,
      chain: [{ to: 'operator' }],
    })
    expect(await say('ann')).toEqual({ code: 'ok', missing: 1 })
    await hand.clock.advance(60_000)
    expect(paid).toEqual([])
    expect(await say('bob', { note: 'right' })).toEqual({ code: 'ok' })
    expect(await outcome()).toMatchObject({ status: 'completed' })
    expect(paid).toEqual([100])
    const answered = (await notes()).find((n) => n.about === 'answered')
    expect(answered.detail).toMatchObject({ by: 'bob', note: 'right', first: { by: 'ann' } })
  })

  it('are remembered over a worker that dies between their answers', async () => {
    const { made } = deskOf({ people: 2 })
    const first = await hand.runtime([made])
    const { id } = await first.start(made, { input: {}, principal: 'cleo' })
    const question = await hand.question(id)
    await hand.ledger.answer({ id: question, decision: 'approve', by: 'ann' })
    await hand.stop()
    expect(await hand.ledger.answer({ id: question, decision: 'approve', by: 'ann' })).toEqual({ code: 'same_person' })
    const next = await hand.runtime([deskOf({ people: 2 }).made])
    await hand.ledger.answer({ id: question, decision: 'approve', by: 'bob' })
    expect(await hand.outcome(next, id)).toMatchObject({ status: 'completed' })
    expect(paid).toEqual([100])
  })

  it('one no is a no, and one yes alone is none when the time is over', async () => {
    const no = await opened({ people: 2 })
    await no.say('ann')
    await no.say('bob', { decision: 'deny', note: 'not today' })
    await no.outcome()
    expect(no.heard()[0]).toContain('people.pay): bob said no: not today')
    const alone = await opened({ rule: asks, people: 2 })
    await alone.say('ann')
    await hand.until(async () => (await hand.ledger.escalations({ id: alone.question }))[0]?.rung === 1, 30_000)
    expect((await hand.ledger.escalations({ id: alone.question }))[0]).toMatchObject({ first: { by: 'ann' } })
    expect(await hand.outcome(alone.mw, alone.id, 30_000)).toMatchObject({ status: 'completed' })
    expect(alone.heard()[0]).toContain('Nobody answered in time')
    expect((await alone.notes()).find((n) => n.about === 'expired').detail).toMatchObject({ first: { by: 'ann' } })
    expect(paid).toEqual([])
  })
})

describe('arguments that a person changes', () => {
  const change = (amount: unknown) => ({ result: JSON.stringify({ amount }), note: 'less' })

  it('are a proposal of their own: judged anew, with a digest and an entry of its own, and the model hears it', async () => {
    const { say, outcome, notes, heard, id } = await opened()
    expect(await say('ann', change(40))).toEqual({ code: 'ok' })
    expect(await outcome()).toMatchObject({ status: 'completed' })
    expect(paid).toEqual([40])
    const changed = (await notes()).find((n) => n.about === 'changed')
    expect(changed).toMatchObject({ step: 'pay#1', detail: { by: 'ann', input: { amount: 40 } } })
    expect(changed.detail.from).not.toBe(changed.detail.to)
    const begins = (await hand.ledger.journal({ runId: id })).filter((e) => e.facts.tool === 'pay')
    expect(begins.map((e) => [e.kind, e.facts.step, e.facts.effect?.args === changed.detail.to])).toEqual([
      ['begin', 'pay#2', true],
    ])
    expect(JSON.parse(begins[0]?.body ?? '{}')).toMatchObject({ approval: changed.detail.id, input: { amount: 40 } })
    expect(heard()[0]).toMatch(/changedBy.*ann.*amount.*40/)
  })

  it('may be refused by the rule, which nobody can change', async () => {
    const rule: Rule = ({ amount }) => (amount > 500 ? refuse('policy', 'Too much.') : asks())
    const { say, outcome, heard } = await opened({ rule })
    await say('ann', change(900))
    await outcome()
    expect([paid, heard()[0]]).toEqual([[], expect.stringContaining('Too much.')])
  })

  it.each([['x'], [-5]])('do nothing where they do not fit: %s', async (amount) => {
    const { say, outcome, heard } = await opened()
    await say('ann', change(amount))
    await outcome()
    expect([paid, heard()[0]]).toEqual([[], expect.stringContaining('but they are wrong')])
  })

  it('need two people anew where two are needed', async () => {
    const { say, outcome, id, question } = await opened({ people: 2 })
    expect(await say('ann', change(40))).toEqual({ code: 'ok' })
    const open = async () => (await hand.ledger.escalations({ runId: id, state: 'open' }))[0]
    await hand.until(async () => (await open()) !== undefined)
    const again = (await open())?.id ?? ''
    expect(again).not.toBe(question)
    await hand.ledger.answer({ id: again, decision: 'approve', by: 'ann' })
    await hand.ledger.answer({ id: again, decision: 'approve', by: 'bob' })
    await outcome()
    expect(paid).toEqual([40])
  })
})

describe('a question of a flow', () => {
  const asking = (seen: unknown[]) =>
    flow({
      ...{ name: 'asks', version: 1, input: z.object({}) },
      run: async (ctx) => {
        const base = { question: 'Which?', to: 'ann', within: '10m', people: 2 } as const
        const said = await ctx.ask({ ...base, answer: z.object({ colour: z.string() }), otherwise: { colour: 'none' } })
        seen.push(said)
        return [said.colour, ...said.by]
      },
    })

  async function answered(second: string | null) {
    const seen: unknown[] = []
    const made = asking(seen)
    const mw = await hand.runtime([made])
    const { id } = await mw.start(made, { input: {}, principal: 'cleo' })
    const question = await hand.question(id)
    const answer = (by: string, colour: string) =>
      hand.ledger.answer({ id: question, decision: 'answer', by, result: JSON.stringify({ colour }) })
    expect(await answer('cleo', 'red')).toEqual({ code: 'requester' })
    expect(await answer('ann', 'red')).toEqual({ code: 'ok', missing: 1 })
    if (second !== null) await answer('bob', second)
    return hand.outcome(mw, id, second === null ? 30_000 : 50)
  }

  it('to two people is answered when both say the same, and says who they are', async () => {
    expect(await answered('red')).toMatchObject({ output: ['red', 'ann', 'bob'] })
  })

  it.each([['blue'], [null]])('comes to its default where the second says %s', async (second) => {
    expect(await answered(second)).toMatchObject({ output: ['none'] })
  })
})
