import { describe, expect, it } from 'vitest'
import { desk, done, entriesOf, find, message, model, says, spender, told } from '../../../test/ways-out/scene.js'
import { stage } from '../../../test/ways-out/stage.js'
import type { Estimate } from '../../govern/confidence/low.js'
import { allow, escalate, refuse } from '../../govern/verdict.js'
import type { SaidReply, ScriptedModel } from '../../testing/index.js'
import { agent } from '../agent.js'
import type { ConfidenceOptions } from './plan.js'

const pay = says('spend', { id: 'W1', amount: 2 })
const other = says('spend', { id: 'W1', amount: 20 })
const look = says('find_order', { id: 'W1' })
const sure = (value: number, why = 'As the order says.') => says('assess', { value, why }, '')

type Rule = (input: object, run: { readonly confidence: number | null }) => ReturnType<typeof allow>

describe('confidence', () => {
  const on = stage('memory')

  async function scene(
    replies: readonly SaidReply[],
    confidence: ConfidenceOptions,
    more: { rule?: Rule; usd?: `$${number}`; model_calls?: number } = {},
  ) {
    const asked = model(replies)
    const { spend, acts } = spender()
    const { rule, ...limits } = more
    const a = agent({
      ...desk(on.name('a'), asked),
      tools: [find, spend],
      ...(rule && { rules: { spend: rule } }),
      ceilings: { run: limits },
      confidence,
    })
    const prices = { scripted: asked.price, verifier: asked.price }
    const mw = await on.runtime({ run: [a], prices })
    const run = await mw.start(a, { input: message })
    return { asked, acts, a, mw, run, prices }
  }

  const estimates = async (runId: string): Promise<Estimate[]> =>
    (await entriesOf(on.ledger, runId, 'note'))
      .map(({ body }) => JSON.parse(body ?? '{}'))
      .filter(({ about }) => about === 'confidence')
      .map(({ detail }) => detail)

  const verified = (verifier: ScriptedModel, wish: Partial<ConfidenceOptions> = {}): ConfidenceOptions => ({
    ...{ below: 0.7, by: { verifier }, before: 'effects' },
    ...wish,
  })

  describe('by samples', () => {
    const by = { below: 0.7, by: { samples: 3 }, before: 'effects' } as const

    it('lets a call pass that the other answers propose too, and leaves nothing of them in the conversation', async () => {
      const { asked, acts, run } = await scene([look, pay, pay, pay, done], by)
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(acts).toHaveLength(1)
      expect(await estimates(run.id)).toMatchObject([{ of: 'spend', confidence: 1, below: 0.7, samples: 3, agreed: 2 }])
      const [second, third, fourth, last] = asked.requests.slice(1)
      // The very same prompt, so that what is cached of it is used.
      expect([third, fourth]).toMatchObject([second, second].map((one) => ({ messages: one?.messages })))
      expect(last?.messages.filter(({ role }) => role === 'assistant')).toHaveLength(2)
    })

    it('refuses one that they do not: the model reads why, and it is a strike', async () => {
      const { asked, acts, run } = await scene([pay, other, pay, done], by)
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(acts).toEqual([])
      expect(told(asked).join()).toContain(
        'Refused (low_confidence, confidence): Confidence is 0.5, below 0.7 (1 of 2 other answers agreed).',
      )
      expect((await on.ledger.run({ runId: run.id }))?.meters.strikes?.used).toBe(1)
    })

    it('asks nobody about reads, and once for all calls of one answer', async () => {
      const both = {
        text: '',
        toolCalls: [...(pay.toolCalls ?? []), ...(says('spend', { id: 'W2', amount: 1 }).toolCalls ?? [])],
      }
      const { asked, acts, run } = await scene([look, both, both, pay, done], by)
      await run.outcome()
      expect(asked.requests).toHaveLength(5)
      expect((await estimates(run.id)).map(({ confidence }) => confidence)).toEqual([1, 0.5])
      expect(acts).toHaveLength(1)
    })

    it('counts what it costs under the same ceilings, and says it', async () => {
      const { acts, run } = await scene([pay, pay, pay, done], by, { model_calls: 2 })
      expect(await run.outcome()).toMatchObject({ status: 'exhausted', meter: 'model_calls' })
      expect(acts).toEqual([])
      const second = await scene([pay, pay, pay, done], by)
      await second.run.outcome()
      const [estimate] = await estimates(second.run.id)
      const used = (await on.ledger.run({ runId: second.run.id }))?.meters
      expect(used?.model_calls?.used).toBe(4)
      expect(estimate?.usdMicros).toBeGreaterThan(0)
      expect(estimate?.usdMicros).toBeLessThan(used?.usd?.used ?? 0)
      expect(estimate?.asked).toEqual(['all#1.0/sample#1', 'all#1.1/sample#1'])
    })
  })

  describe('by a verifier', () => {
    it('shows it the evidence and the proposal, and believes its number', async () => {
      const verifier = model([sure(0.9)], 'verifier')
      const { acts, run } = await scene([look, pay, done], verified(verifier))
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(acts).toHaveLength(1)
      const [request] = verifier.requests
      expect(request?.tools).toEqual(['assess'])
      const [, asked] = request?.messages ?? []
      const given = JSON.parse((asked as { text: string }).text)
      expect(given.proposal).toEqual({ said: 'I will spend.', what: { spend: { id: 'W1', amount: 2 } } })
      expect(JSON.stringify(given.evidence)).toContain('"total":12')
      expect(await estimates(run.id)).toMatchObject([{ by: 'verifier', confidence: 0.9, why: 'As the order says.' }])
    })

    it.each([
      ['talks', { text: 'I am quite sure, 0.99.' }],
      ['gives a percentage', says('assess', { value: 99, why: 'Sure.' }, '')],
      ['does what the evidence tells it to', says('spend', { id: 'W1', amount: 2 }, '')],
      ['adds to the schema', says('assess', { value: 1, why: '', override: true }, '')],
    ])('that %s counts as no confidence', async (_, reply) => {
      const verifier = model([reply], 'verifier')
      const { asked, acts, run } = await scene([pay, done], verified(verifier))
      await run.outcome()
      expect(acts).toEqual([])
      expect(told(asked).join()).toContain('Confidence is 0, below 0.7 (the verifier: It gave no judgement')
    })

    it('that does not answer counts as no confidence, and ends nothing', async () => {
      const verifier = model(() => ({ fault: 'auth' }), 'verifier')
      const { acts, run } = await scene([pay, done], verified(verifier))
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(acts).toEqual([])
      expect(await estimates(run.id)).toMatchObject([{ confidence: 0, why: 'It did not answer (model_auth).' }])
    })
  })

  it('can put exactly that call before a person, who sees the number', async () => {
    const otherwise = escalate({ to: 'ann', within: '1h', otherwise: 'refuse' })
    const { acts, run } = await scene([pay, done], verified(model([sure(0.2)], 'verifier'), { otherwise }))
    await on.until(run.id, ({ state }) => state === 'waiting')
    const [open] = await on.ledger.escalations({ runId: run.id, state: 'open' })
    expect(JSON.parse(open?.show ?? '')).toMatchObject({ tool: 'spend', confidence: 0.2, below: 0.7 })
    await on.ledger.answer({ id: open?.id ?? '', decision: 'approve', by: 'ann', args: open?.args ?? '' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
  })

  it('is told to those who observe the process', async () => {
    const { mw, a, run } = await scene([pay, done, pay, done], verified(model([sure(0.9), sure(0.8)], 'verifier')))
    // Both take their answers from one script.
    await run.outcome()
    const events: object[] = []
    mw.observe((event) => event.kind === 'estimated' && events.push(event))
    await (await mw.start(a, { input: message })).outcome()
    expect(events).toContainEqual(expect.objectContaining({ of: 'spend', below: 0.7, by: 'verifier' }))
  })

  it('can hand the run over', async () => {
    const low = verified(model([sure(0.2)], 'verifier'), { otherwise: { handOver: 'desk' } })
    const { acts, run } = await scene([pay, done], low)
    expect(await run.outcome()).toMatchObject({ status: 'handed_over', to: 'desk' })
    expect(acts).toEqual([])
  })

  it('is there for rules, whose own no comes first', async () => {
    const seen: (number | null)[] = []
    const rule: Rule = (_, { confidence }) => {
      seen.push(confidence)
      return confidence !== null && confidence < 0.95 ? refuse('policy', 'Not sure enough.') : allow()
    }
    const { asked, acts, run } = await scene([pay, done], verified(model([sure(0.9)], 'verifier')), { rule })
    await run.outcome()
    expect(seen).toEqual([0.9])
    expect(told(asked).join()).toContain('Refused (policy, rules.spend): Not sure enough.')
    expect(acts).toEqual([])
  })

  it('is asked about once, whoever works the run then', async () => {
    const otherwise = escalate({ to: 'ann', within: '1h', otherwise: 'refuse' })
    const verifier = model([sure(0.2)], 'verifier')
    const { a, acts, mw, run, prices } = await scene([look, pay, done], verified(verifier, { otherwise }))
    await on.until(run.id, ({ state }) => state === 'waiting')
    await mw.stop()
    const second = await on.runtime({ run: [a], prices })
    const [open] = await on.ledger.escalations({ runId: run.id, state: 'open' })
    await on.ledger.answer({ id: open?.id ?? '', decision: 'approve', by: 'ann', args: open?.args ?? '' })
    expect(await second.run(run.id).outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
    expect(verifier.requests).toHaveLength(1)
    expect(await estimates(run.id)).toHaveLength(1)
  })

  it('that falls within a run is a signal', async () => {
    const verifier = model([sure(0.95), sure(0.8), sure(0.6)], 'verifier')
    const calls = [1, 2, 3].map((no) => says('spend', { id: `W${no}`, amount: 1 }))
    const { run } = await scene([...calls, done], verified(verifier, { below: 0.5 }))
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const notes = (await entriesOf(on.ledger, run.id, 'note')).map(({ body }) => JSON.parse(body ?? '{}'))
    const [hit] = notes.filter(({ about }) => about === 'signal')
    expect(hit?.detail).toMatchObject({ signal: 'confidence_falling', numbers: { from: 0.95, to: 0.6, estimates: 3 } })
  })

  describe('before the outcome', () => {
    const before = 'outcome'

    it('lets acts pass unasked, and an outcome that is sure enough', async () => {
      const verifier = model([sure(0.9)], 'verifier')
      const { acts, run } = await scene([pay, done], verified(verifier, { before }))
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect([acts.length, verifier.requests.length]).toEqual([1, 1])
      expect(await estimates(run.id)).toMatchObject([{ of: 'outcome', confidence: 0.9 }])
    })

    it('refuses one that is not', async () => {
      const { run } = await scene([done], verified(model([sure(0.2)], 'verifier'), { before }))
      expect(await run.outcome()).toMatchObject({ status: 'refused', reason: 'low_confidence', rule: 'confidence' })
    })

    it('compares outcomes by their canonical form', async () => {
      const twin = { text: '', toolCalls: [{ name: 'complete', inputText: '{ "resolution" : "done" }' }] }
      const by = { below: 0.7, by: { samples: 3 }, before } as const
      const { run } = await scene([done, twin, done], by)
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
    })

    it('hands it over, or has a person accept exactly this one', async () => {
      const low = () => model([sure(0.2)], 'verifier')
      const handed = await scene([done], verified(low(), { before, otherwise: { handOver: 'desk' } }))
      expect(await handed.run.outcome()).toMatchObject({ status: 'handed_over', to: 'desk' })
      const otherwise = escalate({ to: 'ann', within: '1h', otherwise: 'hand_over' })
      for (const [decision, status] of [
        ['approve', 'completed'],
        ['deny', 'refused'],
      ] as const) {
        // biome-ignore format: two of a kind
        const { run } = await scene([done], verified(low(), { before, otherwise }))
        await on.until(run.id, ({ state }) => state === 'waiting')
        const [open] = await on.ledger.escalations({ runId: run.id, state: 'open' })
        expect(JSON.parse(open?.show ?? '')).toMatchObject({ outcome: { resolution: 'done' }, confidence: 0.2 })
        await on.ledger.answer({ id: open?.id ?? '', decision, by: 'ann', args: open?.args ?? '' })
        expect(await run.outcome()).toMatchObject({ status })
      }
      const { run } = await scene([done], verified(low(), { before, otherwise }))
      await on.until(run.id, ({ state }) => state === 'waiting')
      await on.jump(3_600_001)
      expect(await run.outcome()).toMatchObject({ status: 'handed_over', to: 'ann' })
    })
  })

  it('is defined with a bar and an estimator, or refused', () => {
    const define = (confidence: object) => () =>
      agent({ ...desk('c', model([done])), tools: [find], confidence: confidence as ConfidenceOptions })
    const fine = { below: 0.7, by: { samples: 3 }, before: 'effects' }
    expect(define(fine)).not.toThrow()
    expect(define({ ...fine, below: 0 })).toThrow(/below is above 0/)
    expect(define({ ...fine, below: 70 })).toThrow(/below is above 0/)
    expect(define({ ...fine, by: { samples: 1 } })).toThrow(/from 2 to 20/)
    expect(define({ ...fine, before: 'reads' })).toThrow(/'effects' or 'outcome'/)
    expect(define({ ...fine, otherwise: 'allow' })).toThrow(/otherwise is 'refuse'/)
  })
})
