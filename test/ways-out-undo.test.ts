import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../src/orchestrator/agent.js'
import { fault } from '../src/tools/fault.js'
import { tool } from '../src/tools/tool.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, entriesOf, message, model, says, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const input = z.object({ id: z.string() })

describe.each(LEDGERS)('what is taken back on the %s ledger', (kind) => {
  const on = stage(kind)

  /** A refund, one for each order, and what takes it back; each remembers what it did. */
  const till = (voiding: () => Promise<{ voided: true }> = async () => ({ voided: true })) => {
    const acts: string[] = []
    const refund = tool({
      name: on.name('refund'),
      description: 'Refund an order.',
      input,
      effect: 'keyed',
      keyRemembered: '1h',
      key: ({ id }) => id,
      execute: async ({ id }) => ({ no: acts.push(`refund ${id}`) }),
    })
    const undo = tool({
      name: on.name('void'),
      description: 'Void a refund.',
      input,
      effect: 'once',
      isolate: 'none',
      timeout: '5s',
      undoes: { tool: refund, key: ({ id }) => id },
      execute: async ({ id }) => {
        acts.push(`void ${id}`)
        return voiding()
      },
    })
    return { acts, refund, undo }
  }
  const refundRow = async (name: string, runId: string) =>
    (await on.ledger.effects({ runId })).find((row) => row.tool === name)

  it('may be done once more; without that the first result is given', async () => {
    const { acts, refund, undo } = till()
    const again = says(refund.name, { id: 'A' })
    const asked = model([again, again, says(undo.name, { id: 'A' }), again, done])
    const a = agent({ ...desk(on.name('a'), asked), tools: [refund, undo] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toEqual(['refund A', 'void A', 'refund A'])
    const settles = await entriesOf(on.ledger, run.id, 'settle')
    const undid = settles.flatMap(({ facts }) => (facts.undid ? [facts.undid] : []))
    expect(undid).toEqual([expect.objectContaining({ tool: refund.name, attempt: 1 })])
  })

  it('stays as it is while it is in doubt whether it was taken back; a person’s word decides', async () => {
    const { acts, refund, undo } = till(() => Promise.reject(new Error('connection reset')))
    const asked = model([says(refund.name, { id: 'A' }), says(undo.name, { id: 'A' }), done])
    const a = agent({ ...desk(on.name('a'), asked), tools: [refund, undo] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    expect(await refundRow(refund.name, run.id)).toMatchObject({ state: 'performed' })
    await on.ledger.answer({ id, decision: 'happened', by: 'fay' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(await refundRow(refund.name, run.id)).toMatchObject({ state: 'free', undone: 1 })
    expect(acts).toEqual(['refund A', 'void A'])
  })

  it('is not taken back by what surely did not act', async () => {
    const { refund, undo } = till(() => Promise.reject(fault.permanent('closed')))
    const asked = model([says(refund.name, { id: 'A' }), says(undo.name, { id: 'A' }), done])
    const a = agent({ ...desk(on.name('a'), asked), tools: [refund, undo] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(await refundRow(refund.name, run.id)).toMatchObject({ state: 'performed', undone: 0 })
  })
})

describe.each(LEDGERS)('an effect that acted after all, on the %s ledger', (kind) => {
  const on = stage(kind)

  it('keeps its key when a later attempt is declined, and the next who asks is given its receipt', async () => {
    const acts: string[] = []
    let lost = ''
    let answers: () => Promise<never> = () => Promise.reject(new Error('connection reset'))
    const pay = tool({
      name: on.name('pay'),
      description: 'Pay.',
      input,
      effect: 'checked',
      timeout: '5s',
      key: ({ id }) => id,
      check: async (_, { runId }) => ({ did: runId === lost ? 'unknown' : 'not_happen' }),
      execute: async ({ id }) => {
        acts.push(id)
        return answers()
      },
    })
    const of = (asked: ReturnType<typeof model>) => agent({ ...desk(on.name('a'), asked), tools: [pay] })
    const owner = of(model([says(pay.name, { id: 'A' }), done]))
    const asked = model([says(pay.name, { id: 'A' }), says(pay.name, { id: 'A' }), done])
    const heir = of(asked)
    const mw = await on.runtime({ run: [owner, heir] })

    const first = await mw.start(owner, { input: message })
    lost = first.id
    const { fence } = await on.until(first.id, (row) => row.waits?.startsWith('doubt:') ?? false)
    const [begun] = (await entriesOf(on.ledger, first.id, 'begin')).filter(({ facts }) => facts.effect)
    await on.ledger.engage({ scope: `run:${first.id}`, mode: 'end', by: 'fay' })
    await on.ledger.wake({ runId: first.id })
    expect(await first.outcome()).toMatchObject({ status: 'killed' })

    // The second attempt is under way when the first one's receipt comes, from a worker that was given up for dead.
    answers = async () => {
      const body = JSON.stringify({ final: { status: 'completed', output: { paid: 7 } } })
      const place = { runId: first.id, seq: 99, salt: 's', fence: fence - 1, ref: begun?.seq ?? 0 }
      await on.ledger.apply([{ ...place, kind: 'settle', did: 'performed', used: [], body }])
      throw fault.permanent('declined')
    }
    await on.jump(6_000)
    const second = await mw.start(heir, { input: message })
    expect(await second.outcome()).toMatchObject({ status: 'completed' })
    expect(told(asked)).toEqual(['{"paid":7}'])
    expect(acts).toEqual(['A', 'A'])
    const [row] = (await on.ledger.effects({})).filter(({ tool }) => tool === pay.name)
    expect(row).toMatchObject({ state: 'performed', runId: first.id, attempt: 2 })
    // Its own run had ended in doubt: it takes its receipt into its journal, too.
    await on.until(first.id, ({ open }) => open.length === 0)
  })
})
