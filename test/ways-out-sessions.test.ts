import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../src/core/limits.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { tool } from '../src/tools/tool.js'
import { LEDGERS } from './runtime-on.js'
import { desk, done, message, model, says, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

describe.each(LEDGERS)('two at once on the %s ledger', (kind) => {
  const on = stage(kind)

  /** A write on an order, which it has for itself: how many were at it at once, and the order of what was done. */
  const locking = () => {
    const seen = { at: 0, most: 0, done: [] as string[] }
    const gates: (() => void)[] = []
    const change = tool({
      name: on.name('change'),
      description: 'Change an order.',
      input: z.object({ order: z.string(), by: z.string() }),
      effect: 'keyed',
      keyRemembered: '1h',
      timeout: '25s',
      key: ({ order, by }) => `${order} ${by}`,
      locks: ({ order }) => `order:${order}`,
      execute: async ({ by }) => {
        seen.at += 1
        seen.most = Math.max(seen.most, seen.at)
        await new Promise<void>((go) => gates.push(go))
        seen.at -= 1
        seen.done.push(by)
        return by
      },
    })
    const entered = async (count: number) => {
      while (gates.length < count) await new Promise((look) => setImmediate(look))
    }
    return { change, seen, entered, letGo: () => gates.at(-1)?.() }
  }

  it('of two sessions on one order the second waits, and does its part after the first', async () => {
    const { change, seen, entered, letGo } = locking()
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({ by: z.string() }),
      run: (ctx, { by }) => ctx.tool(change, { order: '7', by }),
    })
    const mw = await on.runtime({ run: [f] })
    const first = await mw.start(f, { input: { by: 'first' }, session: 'one' })
    await entered(1)
    const second = await mw.start(f, { input: { by: 'second' }, session: 'two' })
    const waiting = await on.until(second.id, (r) => r.state === 'waiting')
    expect(waiting.waits).toBe('lock:order:7')
    letGo()
    expect(await first.outcome()).toEqual({ status: 'completed', output: 'first' })
    await entered(2)
    letGo()
    expect(await second.outcome()).toEqual({ status: 'completed', output: 'second' })
    expect(seen).toEqual({ at: 0, most: 1, done: ['first', 'second'] })
  })

  it('of two sessions on one order the second gives up after its time, and the model reads why', async () => {
    const { change, entered, letGo } = locking()
    const asked = model(({ messages }) => (messages.length > 2 ? done : says(change.name, { order: '8', by: 'agent' })))
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({}),
      run: (ctx) => ctx.tool(change, { order: '8', by: 'flow' }),
    })
    const a = agent({ ...desk(on.name('a'), asked), tools: [change] })
    const mw = await on.runtime({ run: [f, a] })
    const holder = await mw.start(f, { input: {}, session: 'one' })
    await entered(1)
    const second = await mw.start(a, { input: message, session: 'two' })
    await on.until(second.id, (r) => r.state === 'waiting')
    await on.jump(LIMITS.busy_wait_ms + 5_000)
    expect(await second.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual([expect.stringContaining('another run has held order:8 for too long')])
    letGo()
    expect(await holder.outcome()).toMatchObject({ status: 'completed' })
  })

  it('messages of one session are worked one at a time, in order, and of two sessions side by side', async () => {
    const seen: string[] = []
    const gates = new Map<string, () => void>()
    const work = tool({
      name: on.name('work'),
      description: 'Work.',
      input: z.object({ text: z.string() }),
      effect: 'read',
      timeout: '25s',
      execute: async ({ text }) => {
        seen.push(text)
        await new Promise<void>((go) => gates.set(text, go))
        return text
      },
    })
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({ text: z.string() }),
      run: (ctx, { text }) => ctx.tool(work, { text }),
    })
    const mw = await on.runtime({ run: [f] })
    const begun = async (text: string) => {
      while (!gates.has(text)) await new Promise((look) => setImmediate(look))
    }
    const send = (session: string, text: string) => mw.send(f, session, { text }, { key: text })
    const runs = []
    for (const text of ['a1', 'a2', 'a3']) runs.push(await send('a', text))
    const other = await send('b', 'b1')
    await Promise.all([begun('a1'), begun('b1')])
    expect([...seen].sort()).toEqual(['a1', 'b1'])
    const states = await Promise.all(runs.map(async (run) => (await on.ledger.run({ runId: run.id }))?.state))
    expect(states).toEqual(['running', 'queued', 'queued'])
    for (const [i, text] of ['a1', 'a2', 'a3'].entries()) {
      await begun(text)
      gates.get(text)?.()
      expect(await runs[i]?.outcome()).toEqual({ status: 'completed', output: text })
    }
    gates.get('b1')?.()
    await other.outcome()
    expect(seen.filter((text) => text !== 'b1')).toEqual(['a1', 'a2', 'a3'])
  })

  it('messages under one key are one run; under one key with another text they are a conflict', async () => {
    const f = flow({ name: on.name('f'), version: 1, input: z.object({ text: z.string() }), run: async () => 'read' })
    const mw = await on.runtime({ run: [f] })
    const all = [1, 2, 3].map(() => mw.send(f, 's', { text: 'a' }, { key: 'k' }))
    expect(new Set((await Promise.all(all)).map((run) => run.id)).size).toBe(1)
    await expect(mw.send(f, 's', { text: 'b' }, { key: 'k' })).rejects.toMatchObject({ code: 'start_conflict' })
    const elsewhere = await mw.send(f, 's', { text: 'b' }, { key: 'k', tenant: on.name('tenant') })
    expect(await elsewhere.outcome()).toEqual({ status: 'completed', output: 'read' })
  })
})
