import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { LEDGERS } from '../../test/runtime-on.js'
import { desk, done, find, message, model, says, spender } from '../../test/ways-out/scene.js'
import { stage } from '../../test/ways-out/stage.js'
import { agent } from '../orchestrator/agent.js'
import { tool } from '../tools/tool.js'
import { doneSince } from './since.js'

const lost = tool({
  name: 'post_letter',
  description: 'Post a letter.',
  input: z.object({ to: z.string() }),
  effect: 'once',
  isolate: 'none',
  execute: async () => {
    throw new Error('reset')
  },
})

describe.each(LEDGERS)('what was done since a time, on the %s ledger', (kind) => {
  const on = stage(kind)

  async function worked(tenant: string, replies: Parameters<typeof model>[0]) {
    const asked = model(replies)
    const a = agent({ ...desk(on.name('a'), asked), tools: [find, spender().spend, lost] })
    const mw = await on.runtime({ run: [a], prices: { scripted: asked.price } })
    const run = await mw.start(a, { input: message, tenant })
    return { a, run }
  }

  it('is every effect with its arguments and what it charged, and counts of the rest', async () => {
    const from = await on.ledger.now()
    const { run } = await worked('t1', [
      says('find_order', { id: 'W1' }),
      says('spend', { id: 'W1', amount: 2 }),
      says('spend', { id: 'W1', amount: 'x' }),
      done,
    ])
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    const found = await doneSince(on.ledger, from, 'tenant:t1')
    expect(found.acts).toMatchObject([
      {
        state: 'performed',
        tool: 'spend',
        input: { id: 'W1', amount: 2 },
        charged: { spent_usd: 2_000_000 },
        runId: run.id,
      },
    ])
    expect(found).toMatchObject({ modelCalls: 4, reads: 1, refusals: 1, untold: 0 })
    expect(found.runs).toEqual({ started: 1, live: 0, ended: { completed: 1 } })
    expect(found.usdMicros).toBeGreaterThan(0)
  })

  it('tells what is in doubt, and the question that is open for it', async () => {
    const from = await on.ledger.now()
    const { run } = await worked('t2', [says('post_letter', { to: 'ann' }), done])
    await on.until(run.id, ({ state }) => state === 'waiting')
    const found = await doneSince(on.ledger, from, `run:${run.id}`)
    expect(found.acts).toMatchObject([{ state: 'in_doubt', tool: 'post_letter', input: { to: 'ann' } }])
    expect(found).toMatchObject({ runs: { live: 1 }, questions: { asked: 1, answered: 0, open: 1 } })
  })

  it('leaves out what was over before, and what is of another scope', async () => {
    const { a, run } = await worked('t3', [says('spend', { id: 'W1', amount: 2 }), done])
    await run.outcome()
    await on.jump(60_000)
    const later = await on.ledger.now()
    expect((await doneSince(on.ledger, later, 'tenant:t3')).acts).toEqual([])
    const count = async (scope: string) => (await doneSince(on.ledger, later - 120_000, scope)).acts.length
    expect(await count('tenant:t3')).toBe(1)
    expect(await count('tenant:nobody')).toBe(0)
    expect(await count(`agent:${a.name}`)).toBe(1)
    expect(await count('tool:find_order')).toBe(0)
    expect(await count('run:none')).toBe(0)
    await expect(doneSince(on.ledger, later, 'planet:mars')).rejects.toMatchObject({ code: 'invalid_scope' })
  })

  it('counts runs whose words are gone', async () => {
    const from = await on.ledger.now()
    const { run } = await worked('t4', [says('spend', { id: 'W1', amount: 2 }), done])
    await run.outcome()
    await on.ledger.erase({ runId: run.id })
    const found = await doneSince(on.ledger, from, `run:${run.id}`)
    expect(found).toMatchObject({ untold: 1, acts: [{ state: 'performed', tool: 'spend', input: null }] })
  })

  it('tells who engaged and released what', async () => {
    const from = await on.ledger.now()
    await on.ledger.engage({ scope: 'agent:none', mode: 'hold', by: 'ann' })
    await on.ledger.release({ scope: 'agent:none', by: 'bob', jitterMs: 0 })
    const { switches } = await doneSince(on.ledger, from, 'fleet')
    expect(switches.map(({ by, engaged }) => [by, engaged])).toEqual([
      ['ann', true],
      ['bob', false],
    ])
  })
})
