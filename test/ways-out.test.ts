import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { refuse } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { misbehave } from '../src/testing/index.js'
import { LEDGERS } from './runtime-on.js'
import { desk, done, entriesOf, find, message, model, says, spender, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

describe.each(LEDGERS)('a way out of the loop on the %s ledger', (kind) => {
  const on = stage(kind)

  it('is one of three, and each is a typed outcome', async () => {
    const ways = [
      [done, { status: 'completed', output: { resolution: 'done' } }],
      [
        says('refuse', { reason: 'out_of_scope', say: 'Not ours.' }),
        { status: 'refused', reason: 'out_of_scope', rule: 'agent', say: 'Not ours.' },
      ],
      [
        says('hand_over', { to: 'fay', note: 'See the file.' }),
        { status: 'handed_over', to: 'fay', note: 'See the file.' },
      ],
    ] as const
    for (const [way, outcome] of ways) {
      const a = agent({ ...desk(on.name('way'), model([way])), tools: [find] })
      const mw = await on.runtime({ run: [a] })
      expect(await (await mw.start(a, { input: message })).outcome()).toEqual(outcome)
    }
  })

  it.each([
    [
      'complete',
      { resolved: 1 },
      /outcome does not fit: .+ Call complete with the outcome itself, an object with 'resolution'\.$/,
    ],
    ['complete', 'done', /must be a JSON object, not .+ Call complete with the outcome itself/],
    ['refuse', { reason: 'bored', say: 'no' }, /reason must be one of/],
    ['hand_over', { note: 'nobody named' }, /hand_over needs/],
  ])('is not taken with a wrong %s, and the model reads why', async (way, input, why) => {
    const asked = model([says(way, input), done])
    const a = agent({ ...desk(on.name('wrong'), asked), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual([expect.stringMatching(why)])
    expect((await on.ledger.run({ runId: run.id }))?.meters.strikes?.used).toBe(1)
  })

  it.each([
    ['the outcome alone', 'All is well.', /must be a JSON object, not .+ under the key 'outcome': \{"outcome": …\}/],
    ['a key of its own', { answer: 'All is well.' }, /does not fit: .+ under the key 'outcome': \{"outcome": …\}/],
  ])('takes an outcome that is no object under its key, and tells whoever gave %s', async (_, input, why) => {
    const asked = model([says('complete', input), says('complete', { outcome: 'All is well.' })])
    const a = agent({ ...desk(on.name('text'), asked), outcome: z.string(), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ output: 'All is well.' })
    expect(told(asked)).toEqual([expect.stringMatching(why)])
  })

  it.each([
    ['an unknown tool', misbehave.unknownTool(), "There is no tool 'no_such_tool'. Use one of: find_order"],
    ['malformed arguments', misbehave.malformedArguments('find_order'), 'not valid JSON'],
    ['wrong arguments', says('find_order', { id: 7 }), 'arguments of find_order are wrong'],
    ['no call at all', { text: 'I think so.' }, 'Call a tool.'],
  ])('is not %s: the model reads what is wrong, and it is a strike', async (_what, reply, why) => {
    const asked = model([reply, done])
    const a = agent({ ...desk(on.name('strike'), asked), tools: [find] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual([expect.stringContaining(why)])
    expect((await on.ledger.run({ runId: run.id }))?.meters.strikes?.used).toBe(1)
  })

  it('is forced on a model that cannot be corrected', async () => {
    const asked = model(() => misbehave.unknownTool())
    const a = agent({ ...desk(on.name('strikes'), asked), tools: [find], ceilings: { run: { strikes: 3 } } })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toEqual({ status: 'exhausted', meter: 'strikes', used: 3, limit: 3 })
    expect(asked.requests).toHaveLength(3)
  })

  it('stays open when a rule refuses, and when a rule breaks: nothing is done, and the model reads it', async () => {
    const { spend, acts } = spender()
    const asked = model([says('spend', { id: 'A', amount: 1 }), says('spend', { id: 'B', amount: 1 }), done])
    const rules = {
      spend: ({ id }: { id: string }) => {
        if (id === 'B') throw new Error('no such field')
        return refuse('policy', 'Not today.')
      },
    }
    const a = agent({ ...desk(on.name('rule'), asked), tools: [spend], rules })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual([expect.stringContaining('The rule for spend failed (no such field)')])
    expect(acts).toEqual([])
    const refusals = (await entriesOf(on.ledger, run.id, 'note')).map((e) => JSON.parse(e.body ?? '{}'))
    expect(refusals[0]).toMatchObject({
      about: 'refused',
      final: { rule: 'rules.spend', say: 'Not today.' },
      detail: { tool: 'spend', said: 'I will spend.', input: { id: 'A', amount: 1 } },
    })
  })

  it('stays open when a meter is given an amount that would make room', async () => {
    const { spend, acts } = spender()
    const asked = model([says('spend', { id: 'A', amount: -5 }), done])
    const a = agent({ ...desk(on.name('negative'), asked), tools: [spend], ceilings: { run: { spent_usd: 1 } } })
    const mw = await on.runtime({ run: [a] })
    expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual([expect.stringContaining("Meter 'spent_usd' was given -5")])
    expect(acts).toEqual([])
  })

  it('may be any type of outcome, which travels under a name of its own', async () => {
    const a = agent({
      ...desk(on.name('list'), model([says('complete', { outcome: ['a', 'b'] })])),
      outcome: z.array(z.string()),
      tools: [find],
    })
    const mw = await on.runtime({ run: [a] })
    expect(await (await mw.start(a, { input: message })).outcome()).toEqual({ status: 'completed', output: ['a', 'b'] })
  })
})
