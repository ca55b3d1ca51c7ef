import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Escalation } from '../src/core/escalation.js'
import { escalate, type Verdict } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, entriesOf, message, model, says, spender, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const HOUR_MS = 3_600_000

describe.each(LEDGERS)('a person on the %s ledger', (kind) => {
  const on = stage(kind)

  const asking = (verdict: Verdict, amounts: readonly number[] = [500]) => {
    const { spend, acts } = spender()
    const asked = model([...amounts.map((amount) => says('spend', { id: `${amount}`, amount })), done])
    const a = agent({ ...desk(on.name('asks'), asked), tools: [spend], rules: { spend: () => verdict } })
    return { a, asked, acts }
  }
  const row = async (id: string): Promise<Escalation | undefined> => (await on.ledger.escalations({ id }))[0]
  const chain = (otherwise: 'refuse' | 'hand_over') =>
    escalate({ to: 'finance', within: '1h' }, { to: 'manager', within: '2h', otherwise })

  it('is shown the exact call and the reason given for it, and her yes is for that call alone', async () => {
    const { a, acts } = asking(chain('refuse'), [500, 600])
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const first = await escalated(mw, run.id)
    const shown = await row(first)
    expect(JSON.parse(shown?.show ?? '{}')).toMatchObject({
      tool: 'spend',
      said: 'I will spend.',
      input: { id: '500', amount: 500 },
    })
    expect((await on.ledger.answer({ id: first, decision: 'approve', by: 'fay', args: 'other' })).code).toBe(
      'other_arguments',
    )
    expect((await on.ledger.answer({ id: first, decision: 'approve', by: 'fay', args: shown?.args ?? '' })).code).toBe(
      'ok',
    )
    const second = await escalated(mw, run.id)
    expect(second).not.toBe(first)
    expect(acts).toHaveLength(1)
    await on.ledger.answer({ id: second, decision: 'approve', by: 'fay' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(2)
    const begins = (await entriesOf(on.ledger, run.id, 'begin')).map((e) => JSON.parse(e.body ?? '{}'))
    expect(begins.filter((b) => b.name === 'spend').map((b) => b.approval)).toEqual([first, second])
  })

  it('who says no is heard by the model, with her note', async () => {
    const { a, asked, acts } = asking(chain('refuse'))
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    expect((await on.ledger.answer({ id, decision: 'happened', by: 'fay' })).code).toBe('wrong_kind')
    await on.ledger.answer({ id, decision: 'deny', by: 'fay', note: 'Ask again in May.' })
    expect((await on.ledger.answer({ id, decision: 'approve', by: 'eve' })).code).toBe('closed')
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual([expect.stringContaining('fay said no: Ask again in May.')])
    expect(acts).toEqual([])
  })

  it.each(['refuse', 'hand_over'] as const)(
    'who is not there gives way to the next, and then to %s',
    async (otherwise) => {
      const { a, asked, acts } = asking(chain(otherwise))
      const mw = await on.runtime({ run: [a] })
      const run = await mw.start(a, { input: message })
      const id = await escalated(mw, run.id)
      expect(await row(id)).toMatchObject({ rung: 0, state: 'open' })
      await on.jump(HOUR_MS)
      const climbed = await on.until(run.id, (r) => r.state === 'waiting' && (r.waits ?? '').includes('manager'))
      expect((climbed.dueAt ?? 0) - (await on.ledger.now())).toBeGreaterThan(1.9 * HOUR_MS)
      expect(await row(id)).toMatchObject({ rung: 1, state: 'open' })
      await on.jump(2 * HOUR_MS)
      const outcome = await run.outcome()
      expect((await row(id))?.state).toBe('expired')
      expect(acts).toEqual([])
      if (otherwise === 'hand_over') expect(outcome).toMatchObject({ status: 'handed_over', to: 'manager' })
      else {
        expect(outcome).toMatchObject({ status: 'completed' })
        expect(told(asked)).toEqual([expect.stringContaining('Nobody answered in time')])
      }
    },
  )

  it('answers a flow’s question with a value; one that does not fit is asked for again; none is the default', async () => {
    const f = flow({
      name: on.name('asks'),
      version: 1,
      input: z.object({}),
      run: async (ctx) => {
        const ask = (question: string) =>
          ctx.ask({ question, to: 'fay', within: '1h', answer: z.object({ n: z.number() }), otherwise: { n: -1 } })
        return [(await ask('first')).n, (await ask('second')).n]
      },
    })
    const mw = await on.runtime({ run: [f] })
    const run = await mw.start(f, { input: {} })
    const wrong = await escalated(mw, run.id)
    await on.ledger.answer({ id: wrong, decision: 'answer', by: 'fay', result: '{"n":"seven"}' })
    const right = await escalated(mw, run.id)
    expect(right).not.toBe(wrong)
    await on.ledger.answer({ id: right, decision: 'answer', by: 'fay', result: '{"n":7}' })
    await escalated(mw, run.id)
    await on.until(run.id, (r) => r.state === 'waiting')
    await on.jump(HOUR_MS)
    expect(await run.outcome()).toEqual({ status: 'completed', output: [7, -1] })
  })

  it('may take as long as the chain allows without a worker being held, and another worker goes on', async () => {
    const { a, acts } = asking(chain('refuse'))
    const first = await on.runtime({ run: [a] })
    const run = await first.start(a, { input: message })
    const id = await escalated(first, run.id)
    await on.until(run.id, (r) => r.state === 'waiting' && r.workerId === null)
    await first.stop()
    await on.jump(HOUR_MS / 2)
    await on.ledger.answer({ id, decision: 'approve', by: 'fay' })
    const second = await on.runtime({ run: [a] })
    expect(await second.run(run.id).outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
  })
})
