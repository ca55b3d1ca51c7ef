import { describe, expect, it } from 'vitest'
import { desk, done, entriesOf, find, message, model, says, spender } from '../../../test/ways-out/scene.js'
import { stage } from '../../../test/ways-out/stage.js'
import type { RunRow } from '../../core/run-row.js'
import type { ScriptedModel } from '../../testing/index.js'
import { agent } from '../agent.js'
import type { ScoreOption, ScoringOptions } from './plan.js'

type Option = ScoreOption<{ readonly resolution: string }>

const sure = (value: number, why = 'It says what was done.') => says('assess', { value, why }, '')
const judge = (...replies: Parameters<typeof model>[0][]) => model(replies.flat() as never, 'judge')
const helpful = (verifier: ScriptedModel, more: object = {}): Option => ({
  ...{ name: 'helpful', by: { verifier }, ask: 'The customer got what was asked for.' },
  ...more,
})

describe('scores', () => {
  const on = stage('memory')

  async function scene(scores: readonly Option[], more: { scoring?: ScoringOptions; replies?: object[] } = {}) {
    const asked = model((more.replies ?? [says('find_order', { id: 'W1' }), done]) as never)
    const { scoring, replies: _ } = more
    const a = agent({
      ...desk(on.name('a'), asked),
      tools: [find, spender().spend],
      scores,
      ...(scoring && { scoring }),
    })
    const mw = await on.runtime({ run: [a], prices: { scripted: asked.price, judge: asked.price } })
    return { a, mw, asked, start: () => mw.start(a, { input: message }) }
  }

  /** The run that scores, once it has ended. */
  async function scoringOf(agentName: string): Promise<RunRow> {
    const [row] = await on.ledger.runs({ agent: `${agentName}.scores` })
    if (row === undefined) throw new Error('nobody scores')
    return on.until(row.runId, ({ state }) => state === 'ended')
  }

  describe('in code', () => {
    it('are written with the end, of whatever outcome, by what the journal holds', async () => {
      const scores: Option[] = [
        { name: 'found', by: 'code', of: (_, { did }) => (did(find, { id: 'W1' }) ? 1 : 0) },
        { name: 'done', by: 'code', of: ({ status }) => (status === 'completed' ? 1 : 0) },
        { name: 'silent', by: 'code', of: () => null },
        { name: 'broken', by: 'code', of: () => 7 },
      ]
      const { mw, start } = await scene(scores)
      const events: object[] = []
      mw.observe((event) => event.kind === 'scored' && events.push(event))
      const run = await start()
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(events).toMatchObject([
        { scored: run.id, name: 'found', value: 1, by: 'code' },
        { scored: run.id, name: 'done', value: 1, by: 'code' },
      ])
      const [end] = await entriesOf(on.ledger, run.id, 'end')
      expect(JSON.parse(end?.body ?? '')).toMatchObject({
        scores: [
          { name: 'found', value: 1 },
          { name: 'done', value: 1 },
        ],
        unscored: [{ name: 'broken', why: 'It gave 7, which is no number from 0 to 1.' }],
      })
      const kept = await on.ledger.scores.of({ runId: run.id })
      expect(kept.map(({ name, value, by, usdMicros }) => [name, value, by, usdMicros])).toEqual([
        ['done', 1, 'code', 0],
        ['found', 1, 'code', 0],
      ])
      const refused = await scene(scores, { replies: [says('refuse', { reason: 'cannot_know', say: 'No.' })] })
      const other = await refused.start()
      await other.outcome()
      expect((await on.ledger.scores.of({ runId: other.id })).map(({ value }) => value)).toEqual([0, 0])
    })
  })

  describe('by a model', () => {
    it('are given in a run of their own, which costs the scored one nothing', async () => {
      const verifier = judge([sure(0.75)])
      const { a, start } = await scene([helpful(verifier)])
      const run = await start()
      await run.outcome()
      const spent = (await on.ledger.run({ runId: run.id }))?.meters.usd?.used
      const scoring = await scoringOf(a.name)
      expect(scoring).toMatchObject({ outcome: 'completed', key: `score:${run.id}`, tenant: 'default', parent: null })
      expect(await on.ledger.scores.of({ runId: run.id })).toMatchObject([
        { ...{ name: 'helpful', value: 0.75, by: 'verifier', reason: 'It says what was done.' }, agent: a.name },
      ])
      const [row] = await on.ledger.scores.of({ runId: run.id })
      expect(row?.usdMicros).toBe(scoring.meters.usd?.used)
      expect((await on.ledger.run({ runId: run.id }))?.meters.usd?.used).toBe(spent)
      const [, user] = verifier.requests[0]?.messages ?? []
      const shown = JSON.parse((user as { text: string }).text)
      expect(shown).toMatchObject({
        criterion: 'The customer got what was asked for.',
        input: message,
        calls: [{ tool: 'find_order', input: { id: 'W1' }, output: { total: 12 } }],
        outcome: { status: 'completed', output: { resolution: 'done' } },
      })
    })

    it('keep no words of the scored run', async () => {
      const { a, start } = await scene([helpful(judge([sure(1, 'Fine.')]))])
      const run = await start()
      await run.outcome()
      const { runId } = await scoringOf(a.name)
      const told = (await on.ledger.journal({ runId })).map(({ body }) => body).join()
      expect(told).not.toContain('please')
      expect(told).not.toContain('W1')
    })

    it.each([
      ['what is no judgement', { text: 'Nine out of ten.' }],
      ['a number that is none', says('assess', { value: 9, why: '' }, '')],
      ['nothing', { fault: 'auth' }],
    ])('are none where it says %s', async (_, reply) => {
      const { a, start } = await scene([helpful(judge([reply as never]))])
      const run = await start()
      await run.outcome()
      expect(await scoringOf(a.name)).toMatchObject({ outcome: 'completed' })
      expect(await on.ledger.scores.of({ runId: run.id })).toEqual([])
    })

    it('are asked for of a share of the runs, and of outcomes that were named', async () => {
      const verifier = model(() => sure(1), 'judge')
      const { a, start } = await scene([helpful(verifier, { sample: 0.000001 })])
      await (await start()).outcome()
      expect(await on.ledger.runs({ agent: `${a.name}.scores` })).toEqual([])
      const refuses = [says('refuse', { reason: 'cannot_know', say: 'No.' })]
      const quiet = await scene([helpful(verifier)], { replies: refuses })
      await (await quiet.start()).outcome()
      expect(await on.ledger.runs({ agent: `${quiet.a.name}.scores` })).toEqual([])
      const heard = await scene([helpful(verifier, { on: ['refused'] })], { replies: refuses })
      const run = await heard.start()
      await run.outcome()
      await scoringOf(heard.a.name)
      expect(await on.ledger.scores.of({ runId: run.id })).toHaveLength(1)
    })

    it('stop at a ceiling of their own', async () => {
      const scoring = { ceilings: { run: { usd: '$0.000001' } } } as const
      const { a, start } = await scene([helpful(judge([sure(1)]))], { scoring })
      const run = await start()
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(await scoringOf(a.name)).toMatchObject({ outcome: 'exhausted', detail: 'usd' })
      expect(await on.ledger.scores.of({ runId: run.id })).toEqual([])
    })

    it('are given once, whoever is asked again', async () => {
      const verifier = judge([sure(0.5), sure(1)])
      const { a, mw, start } = await scene([helpful(verifier)])
      const run = await start()
      await run.outcome()
      const scoring = await scoringOf(a.name)
      const again = await on.ledger.scores.add({ runId: run.id, name: 'helpful', value: 1, by: 'verifier' })
      expect(again).toEqual({ code: 'unchanged' })
      await mw.advance(scoring.runId)
      expect(verifier.requests).toHaveLength(1)
    })
  })

  describe('of a case that came back', () => {
    const reopened: Option = { by: 'reopened', within: '1d' }
    const two = [done, done]

    it('are 0 for the run that was completed', async () => {
      const { a, mw } = await scene([reopened], { replies: two })
      const send = (key: string) => mw.send(a, on.name('s'), message, { key })
      const alone = await send('k')
      await alone.outcome()
      expect(await on.ledger.scores.of({ runId: alone.id })).toEqual([])
      const session = on.name('s')
      const first = await mw.send(a, session, message, { key: '1' })
      await first.outcome()
      await on.jump(60_000)
      await (await mw.send(a, session, message, { key: '2' })).outcome()
      expect(await on.ledger.scores.of({ runId: first.id })).toMatchObject([
        { name: 'reopened', value: 0, by: 'reopened' },
      ])
    })

    it('are none where it came much later, or was waiting already', async () => {
      const { a, mw } = await scene([reopened], { replies: [done, done, done, done] })
      const late = on.name('s')
      const first = await mw.send(a, late, message, { key: '1' })
      await first.outcome()
      await on.jump(90_000_000)
      await (await mw.send(a, late, message, { key: '2' })).outcome()
      const queued = on.name('s')
      const runs = await Promise.all(['1', '2'].map((key) => mw.send(a, queued, message, { key })))
      for (const run of runs) await run.outcome()
      for (const { id } of [first, ...runs]) expect(await on.ledger.scores.of({ runId: id })).toEqual([])
    })
  })

  it('are defined by names of their own, shares and questions, or refused', () => {
    const define =
      (...scores: object[]) =>
      () =>
        agent({ ...desk('c', model([done])), tools: [find], scores: scores as Option[] })
    const code = { name: 'a', by: 'code', of: () => 1 }
    const verifier = { name: 'b', by: { verifier: judge([sure(1)]) }, ask: 'Good?' }
    expect(define(code, verifier, { by: 'reopened', within: '1d' })).not.toThrow()
    expect(define(code, code)).toThrow(/'a' is no name of its own/)
    for (const name of ['thumb', 'reopened', 'a b', '']) expect(define({ ...code, name })).toThrow(/no name of its own/)
    expect(define({ ...verifier, sample: 0 })).toThrow(/above 0 and at most 1/)
    expect(define({ ...verifier, ask: '' })).toThrow(/ask says what a good outcome is/)
    expect(define({ ...verifier, on: ['done'] })).toThrow(/'done' is none of/)
    expect(define({ by: 'reopened', within: '1d' }, { by: 'reopened', within: '2d' })).toThrow(/twice/)
  })

  it('change no fingerprint: how runs are scored strands none of them', () => {
    const of = (scores?: readonly Option[]) =>
      agent({ ...desk('c', model([done])), tools: [find], ...(scores && { scores }) }).definition.fingerprint
    expect(of([{ name: 'a', by: 'code', of: () => 1 }, helpful(judge([sure(1)]))])).toBe(of())
  })
})
