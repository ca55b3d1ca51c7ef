import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Ledger } from '../../src/core/ledger.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { flow } from '../../src/orchestrator/flow.js'
import type { Midwatch } from '../../src/runtime.js'
import { freshDatabase } from '../database.js'
import { LEDGERS } from '../runtime-on.js'
import { errand, Hosts, hold } from './scene.js'

const survey = flow({
  name: 'survey',
  version: 1,
  input: z.object({}),
  run: (ctx) => ctx.ask({ question: 'Which?', to: 'design', within: '4h', answer: z.string(), otherwise: 'none' }),
})
const SERVED = { run: [errand, survey] } as const

/** A host without a timer: it calls a run when it is told of it, and never else. */
function told(mw: Midwatch) {
  const calls: Promise<unknown>[] = []
  const heard: string[] = []
  const leave = mw.onDue((runId) => {
    heard.push(runId)
    calls.push(mw.advance(runId).catch(() => undefined))
  })
  return {
    heard,
    leave: () => {
      leave()
      return Promise.all(calls)
    },
  }
}

describe.each(LEDGERS)('a host that is told what is due, on the ledger in %s', (kind) => {
  let ledger: Ledger
  let elsewhere: Ledger
  let close: () => Promise<void>
  let hosts: Hosts
  beforeAll(async () => {
    const database = kind === 'memory' ? null : await freshDatabase()
    ledger = database === null ? memoryLedger() : await postgresLedger({ url: database.url })
    // As another process has it: over connections of its own.
    elsewhere = database === null ? ledger : await postgresLedger({ url: database.url })
    close = async () => {
      if (elsewhere !== ledger) await elsewhere.close()
      await ledger.close()
      await database?.drop()
    }
    hosts = new Hosts(ledger)
  })
  afterEach(() => hosts.stop())
  afterAll(() => close())

  it('works to the end what another process starts, answers and lets go on', async () => {
    const mw = await hosts.open(SERVED)
    const sender = await hosts.open({ ...SERVED, worker: false }, elsewhere)
    const early = await sender.start(survey, { input: {} })
    const { heard, leave } = told(mw)
    const late = await sender.start(survey, { input: {} })
    for (const run of [early, late]) {
      await expect.poll(async () => (await elsewhere.escalations({ state: 'open', runId: run.id })).length).toBe(1)
      const [asked] = await elsewhere.escalations({ state: 'open', runId: run.id })
      await elsewhere.answer({ id: asked?.id ?? '', decision: 'answer', result: '"blue"', by: 'ann' })
      expect(await sender.run(run.id).outcome()).toEqual({ status: 'completed', output: 'blue' })
    }
    // The second of a session becomes due by the end of the first, and rests of a moment by the clock.
    const session = 'case'
    const turns = [1, 2].map((n) => sender.start(errand, { input: { id: `turn-${kind}-${n}`, rest: true }, session }))
    for (const turn of turns) expect(await sender.run((await turn).id).outcome()).toMatchObject({ status: 'completed' })
    await leave()
    for (const id of [early.id, late.id]) expect(heard.filter((one) => one === id).length).toBeGreaterThanOrEqual(2)
  })

  it('hears of what a dead worker held, and of nothing once it has left', async () => {
    const letGo = hold(`held-${kind}`)
    const holder = await hosts.open({ ...SERVED, worker: { claims: false, lease: '1s' } })
    const run = await holder.start(errand, { input: { id: `held-${kind}` } })
    void holder.advance(run.id)
    await expect.poll(async () => (await ledger.run({ runId: run.id }))?.state).toBe('running')
    const mw = await hosts.open(SERVED)
    const heard: string[] = []
    const leave = mw.onDue((runId) => heard.push(runId))
    const workerId = (await ledger.run({ runId: run.id }))?.workerId ?? 0
    expect(heard).not.toContain(run.id)
    await ledger.workers.retire({ workerId })
    await expect.poll(() => heard).toContain(run.id)
    leave()
    const before = heard.length
    await mw.start(errand, { input: { id: `after-${kind}` } })
    await new Promise((looks) => setTimeout(looks, 700))
    expect(heard.length).toBe(before)
    letGo()
  })
})
