import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../src/core/limits.js'
import { agent } from '../src/orchestrator/agent.js'
import { tool } from '../src/tools/tool.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, entriesOf, message, model, says, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'
import { stalling } from './ways-out/stalling.js'

const input = z.object({ id: z.string() })

describe.each(LEDGERS)('a lost answer on the %s ledger', (kind) => {
  const on = stage(kind)

  /** A tool that can be called once and loses its answer: the model goes on with what a person says. */
  const losing = () => {
    const acts: string[] = []
    const post = tool({
      name: 'post',
      description: 'Post a letter.',
      input,
      effect: 'once',
      isolate: 'none',
      timeout: '5s',
      execute: async ({ id }) => {
        acts.push(id)
        throw new Error('connection reset')
      },
    })
    const asked = model([says('post', { id: 'A' }), done])
    return { acts, asked, a: agent({ ...desk(on.name('posts'), asked), tools: [post] }) }
  }

  it('of a call that can be made once goes to a person, whose "it did" is taken as its result', async () => {
    const { a, acts, asked } = losing()
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    await on.ledger.answer({ id, decision: 'happened', by: 'fay', result: '{"letter":7}' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toEqual(['A'])
    expect(told(asked)).toEqual(['{"letter":7}'])
    expect((await on.ledger.effects({ runId: run.id }))[0]?.state).toBe('performed')
  })

  it('is not said never to have happened while it can still be acting; afterwards it is, and is not made again', async () => {
    const { a, acts, asked } = losing()
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    expect((await on.ledger.answer({ id, decision: 'not_happened', by: 'fay' })).code).toBe('too_early')
    await on.jump(6_000)
    expect((await on.ledger.answer({ id, decision: 'not_happened', by: 'fay' })).code).toBe('ok')
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toEqual(['A'])
    expect(told(asked)).toEqual([expect.stringContaining('did not take effect')])
    expect((await on.ledger.effects({ runId: run.id }))[0]?.state).toBe('free')
  })

  it('that nobody can say anything of hands the run over, the doubt still open and reserved', async () => {
    const { a } = losing()
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message, deadline: '5d' })
    await escalated(mw, run.id)
    await on.until(run.id, (r) => r.state === 'waiting')
    await on.jump(86_400_000 + 1_000)
    expect(await run.outcome()).toMatchObject({ status: 'handed_over', to: 'operator' })
    expect((await on.ledger.run({ runId: run.id }))?.open).toHaveLength(1)
    expect((await on.ledger.effects({ runId: run.id }))[0]?.state).toBe('doubt')
  })

  it.each([
    ['its policy names no deadline', {}, LIMITS.doubt_within_ms],
    ['its deadline is near', { deadline: '10m' as const }, 600_000 - LIMITS.doubt_margin_ms],
  ])('that nobody decides hands the run over before its deadline also when %s', async (_, wish, ms) => {
    const { a } = losing()
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message, ...wish })
    const id = await escalated(mw, run.id)
    await on.until(run.id, (r) => r.state === 'waiting')
    await on.jump(ms)
    expect(await run.outcome()).toMatchObject({ status: 'handed_over', to: 'operator' })
    expect((await on.ledger.effects({ runId: run.id }))[0]?.state).toBe('doubt')
    // The key stays closed, and somebody is asked again.
    const asked = async () => (await on.ledger.escalations({ runId: run.id, state: 'open' })).filter((e) => e.id !== id)
    await on.until(run.id, (r) => (r.dueAt ?? 0) > (r.endedAt ?? 0) + LIMITS.doubt_margin_ms)
    expect(await asked()).toHaveLength(1)
  })

  it.each(['checked', 'once'] as const)(
    'that comes after all, when another worker holds the run, decides a %s call before anybody is asked',
    async (effect) => {
      const { late, letGo, reached, checks } = slowWrite(effect)
      const asked = model(({ messages }) => (messages.length > 2 ? done : says('late', { id: 'A' })))
      const a = agent({ ...desk(on.name('late'), asked), tools: [late] })
      const slow = stalling(on.ledger)
      const first = await on.runtime({ run: [a], worker: { name: 'first', lease: '8d' } }, { ledger: slow.ledger })
      const run = await first.start(a, { input: message, deadline: '30d' })
      await reached
      // The first worker stands still past its lease; its tool does not know.
      slow.stall()
      await on.jump(8 * 86_400_000)
      const second = await on.runtime({ run: [a], worker: { name: 'second' } })
      await on.until(run.id, (r) => r.state === 'waiting')
      slow.resume()
      letGo()
      expect(await second.run(run.id).outcome()).toMatchObject({ status: 'completed' })
      expect(checks()).toBe(0)
      const settled = (await entriesOf(on.ledger, run.id, 'settle')).map((e) => JSON.parse(e.body ?? '{}'))
      expect(settled.find((body) => body.source !== undefined)).toMatchObject({
        source: 'evidence',
        final: { status: 'completed', output: { receipt: 'A' } },
      })
      expect((await on.ledger.escalations({ state: 'answered', runId: run.id })).length).toBe(0)
      on.alarms.length = 0
    },
  )

  it('whose receipt is there is not overruled by a person who says that it did not happen', async () => {
    const { late, letGo, reached } = slowWrite('once')
    const asked = model(({ messages }) => (messages.length > 2 ? done : says('late', { id: 'A' })))
    const a = agent({ ...desk(on.name('overruled'), asked), tools: [late] })
    const slow = stalling(on.ledger)
    const first = await on.runtime({ run: [a], worker: { name: 'first', lease: '8d' } }, { ledger: slow.ledger })
    const run = await first.start(a, { input: message, deadline: '30d' })
    await reached
    slow.stall()
    await on.jump(8 * 86_400_000)
    // Nobody but this claimer, who does not work by itself: so that both are there before it looks.
    const second = await on.runtime({ run: [a], worker: { name: 'second', claims: false } })
    expect(await second.advance(run.id)).toMatchObject({ status: 'parked', again: { at: expect.any(Number) } })
    const [question] = await on.ledger.escalations({ state: 'open', runId: run.id })
    slow.resume()
    letGo()
    while ((await on.ledger.evidence({ runId: run.id })).length === 0) await new Promise((look) => setImmediate(look))
    await on.ledger.answer({ id: question?.id ?? '', decision: 'not_happened', by: 'fay' })
    await second.advance(run.id)
    expect(await second.run(run.id).outcome()).toMatchObject({ status: 'completed' })
    expect((await on.ledger.effects({ runId: run.id }))[0]?.state).toBe('performed')
    on.alarms.length = 0
  })
})

/** A write whose answer comes when it is let go. */
function slowWrite(effect: 'checked' | 'once') {
  let letGo: () => void = () => undefined
  let reach: () => void = () => undefined
  let checks = 0
  const go = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const shared = {
    name: 'late',
    description: 'Post a letter.',
    input,
    timeout: '20s',
    execute: async ({ id }: { id: string }) => {
      reach()
      await go
      return { receipt: id }
    },
  } as const
  const check = async () => {
    checks += 1
    return { did: 'unknown' } as const
  }
  const late =
    effect === 'once'
      ? tool({ ...shared, effect, isolate: 'none' })
      : tool({ ...shared, effect, settles: '30d', check })
  return { late, letGo, reached, checks: () => checks }
}
