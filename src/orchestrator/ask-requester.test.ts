import { describe, expect, it } from 'vitest'
import { LEDGERS } from '../../test/runtime-on.js'
import { desk, done, find, message, model, says, told } from '../../test/ways-out/scene.js'
import { stage } from '../../test/ways-out/stage.js'
import { agent } from './agent.js'

describe.each(LEDGERS)('asking back on the %s ledger', (kind) => {
  const on = stage(kind)
  const asks = says('ask_requester', { question: 'Which order?' })

  async function asking(name: string, replies: Parameters<typeof model>[0]) {
    const asked = model(replies)
    const a = agent({ ...desk(on.name(name), asked), tools: [find], askBack: { within: '1h' } })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    return { asked, run }
  }

  it('the run waits for its requester by a deadline, and the model hears the answer', async () => {
    const { asked, run } = await asking('a', [asks, done])
    const waiting = await on.until(run.id, (r) => r.state === 'waiting')
    const [open] = await on.ledger.escalations({ runId: run.id, state: 'open' })
    expect(open).toMatchObject({ kind: 'question', chain: [{ to: 'requester', withinMs: 3_600_000 }] })
    expect(waiting.waits).toBe(`requester:${open?.id}`)
    expect(waiting.dueAt).toBeLessThanOrEqual(open?.dueAt ?? 0)
    await on.ledger.answer({ id: open?.id ?? '', decision: 'answer', by: 'ann', result: '"W7"' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual(['{"answer":"W7","by":"ann"}'])
  })

  it('nobody answers: the model is told, and may still end as it finds right', async () => {
    const { asked, run } = await asking('b', [asks, says('refuse', { reason: 'cannot_know', say: 'No order named.' })])
    await on.until(run.id, (r) => r.state === 'waiting')
    await on.jump(3_601_000)
    expect(await run.outcome()).toMatchObject({ status: 'refused', reason: 'cannot_know' })
    expect(told(asked)[0]).toContain('Nobody answered in time')
  })

  it('a question without words is a strike, and nobody is asked', async () => {
    const { asked, run } = await asking('c', [says('ask_requester', {}), done])
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)[0]).toContain('Nobody was asked')
    expect(await on.ledger.escalations({ runId: run.id })).toEqual([])
  })

  it('an agent that may not ask back is not offered it', async () => {
    const asked = model([asks, done])
    const a = agent({ ...desk(on.name('d'), asked), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ status: 'completed' })
    expect(asked.requests[0]?.tools).not.toContain('ask_requester')
    expect(told(asked)[0]).toContain("There is no tool 'ask_requester'")
  })
})
