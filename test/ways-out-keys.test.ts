import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../src/orchestrator/agent.js'
import type { Repeat } from '../src/tools/tool.js'
import { tool } from '../src/tools/tool.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, message, model, says, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const input = z.object({ id: z.string(), amount: z.number() })

describe.each(LEDGERS)('an effect key on the %s ledger', (kind) => {
  const on = stage(kind)

  /** A write under a key of its own or under the default one, and what it did. */
  const writing = (options: { key?: (input: { id: string }) => string; repeat?: Repeat } = {}) => {
    const acts: string[] = []
    const write = tool({
      name: on.name('write'),
      description: 'Write.',
      input,
      effect: 'keyed',
      keyRemembered: '1h',
      ...options,
      execute: async ({ id, amount }) => {
        acts.push(`${id} ${amount}`)
        return { no: acts.length }
      },
    })
    return { write, acts }
  }
  const agentOf = (asked: ReturnType<typeof model>, ...tools: ReturnType<typeof writing>['write'][]) =>
    agent({ ...desk(on.name('a'), asked), tools })

  it('of its own is for one set of arguments: others are refused, in this run and in the next', async () => {
    const { write, acts } = writing({ key: ({ id }) => id })
    const asked = model(({ messages, call }) =>
      messages.length > (call > 3 ? 2 : 4) ? done : says(write.name, { id: 'A', amount: call === 1 ? 1 : 2 }),
    )
    const a = agentOf(asked, write)
    const mw = await on.runtime({ run: [a] })
    for (const _ of [1, 2]) {
      expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ status: 'completed' })
      expect(told(asked)).toEqual([expect.stringContaining('key_conflict')])
    }
    expect(acts).toEqual(['A 1'])
  })

  it('of its own gives the first result to another run that asks for the same', async () => {
    const { write, acts } = writing({ key: ({ id }) => id })
    const asked = model(({ messages }) => (messages.length > 2 ? done : says(write.name, { id: 'A', amount: 1 })))
    const a = agentOf(asked, write)
    const mw = await on.runtime({ run: [a] })
    for (const _ of [1, 2]) {
      await (await mw.start(a, { input: message })).outcome()
      expect(told(asked)).toEqual(['{"no":1}'])
    }
    expect(acts).toEqual(['A 1'])
  })

  it('by default is one of each run and its arguments: a repeat gets the first result', async () => {
    const { write, acts } = writing()
    const same = says(write.name, { id: 'A', amount: 1 })
    const asked = model(({ messages }) => (messages.length > 4 ? done : same))
    const a = agentOf(asked, write)
    const mw = await on.runtime({ run: [a] })
    for (const no of [1, 2]) {
      await (await mw.start(a, { input: message })).outcome()
      expect(told(asked)).toEqual([`{"no":${no}}`])
    }
    expect(acts).toEqual(['A 1', 'A 1'])
  })

  it.each(['approve', 'deny'] as const)(
    'by default is a person’s to repeat once another write was confirmed between: %s',
    async (decision) => {
      const { write, acts } = writing()
      const other = writing()
      const same = says(write.name, { id: 'A', amount: 1 })
      const asked = model([same, says(other.write.name, { id: 'B', amount: 1 }), same, done])
      const a = agentOf(asked, write, other.write)
      const mw = await on.runtime({ run: [a] })
      const run = await mw.start(a, { input: message })
      const id = await escalated(mw, run.id)
      const [question] = await on.ledger.escalations({ id })
      expect(JSON.parse(question?.show ?? '{}')).toMatchObject({
        repeat: true,
        call: { input: { id: 'A', amount: 1 } },
      })
      await on.ledger.answer({ id, decision, by: 'fay' })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(acts).toHaveLength(decision === 'approve' ? 2 : 1)
      const heard = decision === 'approve' ? '{"no":2}' : 'fay did not ask for another'
      expect(told(asked)).toEqual([expect.stringContaining(heard)])
    },
  )

  it('under "refuse" is not repeated, and under "first_result" even after another write is not', async () => {
    for (const [repeat, heard] of [
      ['refuse', 'already done with these arguments'],
      ['first_result', '{"no":1}'],
    ] as const) {
      const { write, acts } = writing({ repeat })
      const other = writing()
      const same = says(write.name, { id: 'A', amount: 1 })
      const asked = model([same, says(other.write.name, { id: 'B', amount: 1 }), same, done])
      const a = agentOf(asked, write, other.write)
      const mw = await on.runtime({ run: [a] })
      expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ status: 'completed' })
      expect(told(asked)).toEqual([expect.stringContaining(heard)])
      expect(acts).toHaveLength(1)
    }
  })

  it('under "escalate" is repeated only when a person says so, even with nothing between', async () => {
    const { write, acts } = writing({ repeat: 'escalate' })
    const same = says(write.name, { id: 'A', amount: 1 })
    const asked = model([same, same, done])
    const a = agentOf(asked, write)
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    await on.ledger.answer({ id: await escalated(mw, run.id), decision: 'approve', by: 'fay' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toEqual(['A 1', 'A 1'])
  })
})
