import { describe, expect, it } from 'vitest'
import { LEDGERS } from '../../test/runtime-on.js'
import { desk, done, entriesOf, find, message, model, says, spender, told } from '../../test/ways-out/scene.js'
import { stage } from '../../test/ways-out/stage.js'
import type { SignalPolicies } from '../govern/signals/policy.js'
import { escalate, refuse } from '../govern/verdict.js'
import type { SaidReply } from '../testing/index.js'
import { agent } from './agent.js'

const look = says('find_order', { id: 'W1' })
const other = says('find_order', { id: 'W2' })
const claim = says('complete', { resolution: 'I spent the money for you.' })

describe.each(LEDGERS)('signals of an agent on the %s ledger', (kind) => {
  const on = stage(kind)

  async function scene(replies: readonly SaidReply[], signals: SignalPolicies = {}) {
    const asked = model(replies)
    const a = agent({ ...desk(on.name('a'), asked), tools: [find, spender().spend], signals })
    const mw = await on.runtime({ run: [a], prices: { scripted: asked.price } })
    const run = await mw.start(a, { input: message })
    return { asked, a, mw, run }
  }

  async function signalsOf(runId: string): Promise<{ signal: string; policy: string; steps: string[] }[]> {
    const notes = (await entriesOf(on.ledger, runId, 'note')).map(({ body }) => JSON.parse(body ?? '{}'))
    return notes.filter(({ about }) => about === 'signal').map(({ detail }) => detail)
  }

  it('are written down with their evidence, and the run goes on', async () => {
    const { run } = await scene([look, look, look, done])
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const [hit, ...more] = await signalsOf(run.id)
    expect(hit).toMatchObject({
      signal: 'same_call',
      policy: 'note',
      steps: ['find_order#1', 'find_order#2', 'find_order#3'],
    })
    expect(more).toEqual([])
  })

  it('that are refused are told to the model, are a strike, and stop that call until something new is learnt', async () => {
    const replies = [look, look, look, look, other, look, done]
    const { asked, run } = await scene(replies, { same_call: 'refuse' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const heard = asked.requests.map(({ messages }) => JSON.stringify(messages.at(-1)))
    expect(heard[3]).toContain('Refused (policy, signals.same_call): find_order was called 3 times')
    expect(heard[4]).toContain('Refused (policy, signals.same_call)')
    expect(heard[6]).toContain('"total":12')
    const row = await on.ledger.run({ runId: run.id })
    expect(row?.meters.strikes?.used).toBe(2)
    expect(row?.meters.tool_calls?.used).toBe(5)
  })

  it('that end the run end it as refused, by their rule', async () => {
    const { asked, run } = await scene([look, look, look, done], { same_call: 'end' })
    expect(await run.outcome()).toMatchObject({ status: 'refused', reason: 'policy', rule: 'signals.same_call' })
    expect(asked.requests).toHaveLength(3)
  })

  it('that a person is asked about wait for the answer, whoever works the run then', async () => {
    const asks = { same_call: escalate({ to: 'ann', within: '1h', otherwise: 'hand_over' }) }
    for (const [decision, status] of [
      ['approve', 'completed'],
      ['deny', 'refused'],
    ] as const) {
      const { a, asked, mw, run } = await scene([look, look, look, done], asks)
      await on.until(run.id, ({ state }) => state === 'waiting')
      await mw.stop()
      const second = await on.runtime({ run: [a], prices: { scripted: asked.price } })
      const [open] = await on.ledger.escalations({ runId: run.id, state: 'open' })
      expect(JSON.parse(open?.show ?? '')).toMatchObject({ signal: 'same_call', numbers: { times: 3 } })
      await on.ledger.answer({ id: open?.id ?? '', decision, by: 'ann', args: open?.args ?? '' })
      expect(await second.run(run.id).outcome()).toMatchObject({ status })
      expect(await signalsOf(run.id)).toHaveLength(1)
    }
  })

  it('that nobody answers for end as their chain says', async () => {
    const { run } = await scene([look, look, look, done], {
      same_call: escalate({ to: 'ann', within: '1h', otherwise: 'hand_over' }),
    })
    await on.until(run.id, ({ state }) => state === 'waiting')
    await on.jump(3_600_001)
    expect(await run.outcome()).toMatchObject({ status: 'handed_over', to: 'ann' })
  })

  it('of a claim keep an outcome back until the ledger holds what it says', async () => {
    const { asked, run } = await scene([claim, says('spend', { id: 'W1', amount: 2 }), claim], {
      unconfirmed_claim: 'refuse',
    })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked).join()).toContain('W1')
    expect(JSON.stringify(asked.requests[1]?.messages.at(-1))).toContain('holds no confirmed effect of spend')
    expect(await signalsOf(run.id)).toMatchObject([{ signal: 'unconfirmed_claim', policy: 'refuse' }])
  })

  it('are there for rules', async () => {
    const asked = model([look, look, look, other, done])
    const rules = {
      find_order: (_: object, { signals }: { readonly signals: readonly string[] }) =>
        signals.includes('same_call') ? refuse('policy', 'Enough.') : ({ verdict: 'allow' } as const),
    }
    const a = agent({ ...desk(on.name('r'), asked), tools: [find], rules })
    const mw = await on.runtime({ run: [a], prices: { scripted: asked.price } })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked).join()).toContain('Enough.')
  })
})

describe('policies of signals', () => {
  const define = (signals: object) => () => agent({ ...desk('c', model([done])), tools: [find], signals })

  it('name signals and what is done about them, or are refused', () => {
    expect(define({ same_call: 'end', a_b_a_b: 'note' })).not.toThrow()
    expect(define({ same_cal: 'end' })).toThrow(/there is no signal 'same_cal'/)
    expect(define({ same_call: 'stop' })).toThrow(/'note', 'refuse', 'end' or escalate/)
    expect(define({ same_call: refuse('policy') })).toThrow(/escalate/)
  })

  it('are of what a run is pinned to', () => {
    const print = (signals: SignalPolicies) =>
      agent({ ...desk('c', model([done])), tools: [find], signals }).definition.fingerprint
    expect(print({ same_call: 'end' })).not.toBe(print({}))
    expect(print({ same_call: 'end' })).not.toBe(print({ same_call: 'refuse' }))
  })
})
