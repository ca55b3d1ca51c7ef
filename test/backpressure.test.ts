import { flow, MidwatchError, type Observed } from 'midwatch'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { withRuntime } from './runtime-on.js'

const nap = flow({ name: 'nap', version: 1, input: z.object({}), run: (ctx) => ctx.sleep('1h') })
const sorts = flow({
  ...{ name: 'sorts', version: 1, queue: 'batch', priority: 'low' as const },
  input: z.object({ n: z.number() }),
  run: async (_ctx, { n }) => n,
})

describe('backpressure', () => {
  it('a start that finds no room throws, says when to come again, and has left nothing', async () => {
    const told: Observed[] = []
    await withRuntime('memory', { run: [nap], worker: { claims: false } }, async (mw, ledger) => {
      mw.observe((event) => told.push(event))
      await ledger.queues.setBound({ scope: 'tenant:acme', max: 1, by: 'ops' })
      const kept = await mw.start(nap, { input: {}, tenant: 'acme', key: 'one' })
      const refused = await mw.start(nap, { input: {}, tenant: 'acme', key: 'two' }).catch((error) => error)
      expect(refused).toBeInstanceOf(MidwatchError)
      expect(refused).toMatchObject({ code: 'overloaded', retryable: true, retryAfterMs: 5_000 })
      expect(refused.message).toContain('tenant:acme')
      expect((await mw.start(nap, { input: {}, tenant: 'acme', key: 'one' })).id).toBe(kept.id)
      await expect(mw.send(nap, 's', {}, { tenant: 'acme', key: 'm' })).rejects.toMatchObject({ code: 'overloaded' })
      expect((await ledger.runs({ tenant: 'acme' })).map(({ runId }) => runId)).toEqual([kept.id])
    })
    const refusals = told.flatMap((event) => (event.kind === 'queue.refused' ? [event.overload] : []))
    expect(refusals).toEqual(Array(2).fill({ scope: 'tenant:acme', why: 'full', retryAfterMs: 5_000 }))
  })

  it('what is shed has its outcome at once, for whoever waits for it, and may be started anew', async () => {
    const told: Observed[] = []
    await withRuntime('memory', { run: [sorts], worker: { claims: false } }, async (mw, ledger) => {
      mw.observe((event) => told.push(event))
      await ledger.queues.setBound({ scope: 'queue:batch', max: 1, by: 'ops' })
      const low = await mw.start(sorts, { input: { n: 1 } })
      const waited = low.outcome()
      const high = await mw.start(sorts, { input: { n: 2 }, priority: 'high' })
      expect(await waited).toMatchObject({ status: 'refused', reason: 'policy', rule: 'overloaded' })
      expect(told.filter(({ kind }) => kind === 'queue.shed')).toMatchObject([
        { runId: low.id, by: { runId: high.id } },
      ])
      await expect(mw.start(sorts, { input: { n: 3 } })).rejects.toMatchObject({ code: 'overloaded' })
    })
  })

  it('a worker looks into the queues of what it serves, unless it is told which', async () => {
    await withRuntime('memory', { run: [sorts] }, async (mw, ledger) => {
      const run = await mw.start(sorts, { input: { n: 4 } })
      expect(await run.outcome()).toEqual({ status: 'completed', output: 4 })
      expect(await ledger.run({ runId: run.id })).toMatchObject({ queue: 'batch', priority: 'low' })
    })
    await withRuntime('memory', { run: [sorts], worker: { queues: ['default'] } }, async (mw, ledger) => {
      const run = await mw.start(sorts, { input: { n: 5 } })
      const queues = await ledger.queues.list()
      expect(queues.find(({ queue }) => queue === 'batch')).toMatchObject({ waiting: 1, servedBy: [] })
      expect((await ledger.run({ runId: run.id }))?.state).toBe('queued')
    })
  })

  it.each([
    [{ queue: 'a b' }, "queue: 'a b' is no name"],
    [{ priority: 'urgent' as never }, 'priority is one of low, normal, high'],
  ])('a definition with %j is refused', (wrong, says) => {
    expect(() => flow({ name: 'x', version: 1, input: z.object({}), run: async () => null, ...wrong })).toThrow(says)
  })

  it('a start with a priority that there is not is refused', async () => {
    await withRuntime('memory', { run: [nap], worker: false }, async (mw) => {
      const wrong = mw.start(nap, { input: {}, priority: 'urgent' as never })
      await expect(wrong).rejects.toMatchObject({ code: 'invalid_input' })
    })
  })
})
