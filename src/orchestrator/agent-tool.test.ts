import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { done, model, says, told } from '../../test/ways-out/scene.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { refuse } from '../govern/verdict.js'
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

const act = tool({
  ...{ name: 'act', description: 'Acts.', input: z.object({ id: z.string() }), effect: 'read', timeout: '30s' },
  execute: async ({ id }) => {
    acts.push(id)
    return `${id}!`
  },
})
const childrenOf = (runId: string) => hand.ledger.children({ runId, limit: 100 })

describe('an agent as a tool', () => {
  const desk = (asked: ReturnType<typeof model>, more = {}) =>
    agent({
      ...{ name: 'desk', version: 1, input: z.object({ message: z.string() }) },
      ...{ outcome: z.object({ resolution: z.string() }), instructions: 'Resolve.', model: asked, tools: [act] },
      ...more,
    })
  const lead = (asked: ReturnType<typeof model>, below: ReturnType<typeof desk>, more: object = {}) =>
    agent({
      ...{ name: 'lead', version: 1, model: asked, input: z.string(), outcome: z.object({ resolution: z.string() }) },
      ...{ instructions: 'Lead.', tools: [asTool(below, 'Asks the desk.')] },
      ...more,
    })

  it('the model proposes it, and reads how the other run ended', async () => {
    const leading = model([says('desk', { message: 'W1' }), says('desk', { message: 'W2' }), done])
    const below = model([says('refuse', { reason: 'policy', say: 'Not ours.' }), done])
    const boss = lead(leading, desk(below))
    const mw = await hand.runtime([boss])
    const { id } = await mw.start(boss, { input: 'Sort it out.' })
    expect(await hand.outcome(mw, id, 200)).toMatchObject({ status: 'completed', output: { resolution: 'done' } })
    const heard = leading.requests
      .at(-1)
      ?.messages.filter((m) => m.role === 'tool')
      .map((m) => JSON.stringify(m))
    expect(heard).toEqual([expect.stringContaining('Not ours.'), expect.stringContaining('done')])
    expect((await childrenOf(id)).map((c) => [c.agent, c.outcome])).toEqual([
      ['desk', 'refused'],
      ['desk', 'completed'],
    ])
  })

  it('the rules of the caller judge it, and nothing runs that they refuse', async () => {
    const leading = model([says('desk', { message: 'W1' }), done])
    const boss = lead(leading, desk(model([])), { rules: { desk: () => refuse('policy', 'Ask nobody.') } })
    const mw = await hand.runtime([boss])
    const { id } = await mw.start(boss, { input: 'x' })
    expect(await hand.outcome(mw, id, 200)).toMatchObject({ status: 'completed' })
    expect(told(leading)[0]).toContain('Ask nobody.')
    expect(await childrenOf(id)).toEqual([])
  })

  it('an agent whose input is no object is offered it within one', async () => {
    const scribe = agent({
      ...{ name: 'scribe', version: 1, input: z.string(), outcome: z.string(), instructions: 'Write.' },
      ...{ model: model([says('complete', { outcome: 'written' })]), tools: [] },
    })
    const leading = model([says('scribe', { input: 'a poem' }), done])
    const boss = agent({
      ...{ name: 'lead', version: 1, model: leading, input: z.string(), outcome: z.object({ resolution: z.string() }) },
      ...{ instructions: 'Lead.', tools: [asTool(scribe, 'Writes.')] },
    })
    const mw = await hand.runtime([boss])
    const { id } = await mw.start(boss, { input: 'x' })
    await hand.outcome(mw, id, 200)
    expect(told(leading)[0]).toBe('{"output":"written","status":"completed"}')
  })
})
