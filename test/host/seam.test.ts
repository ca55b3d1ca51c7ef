import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { flow } from '../../src/orchestrator/flow.js'
import { LEDGERS, openLedger } from '../runtime-on.js'
import { acts, chain, errand, Hosts, hold, hosted, losingAClaim, party, rush, withoutHeart } from './scene.js'

const actsOf = (id: string) => acts.filter((one) => one === id).length

describe.each(LEDGERS)('a host that advances runs by name, on the ledger in %s', (kind) => {
  let ledger: Ledger
  let close: () => Promise<void>
  let hosts: Hosts
  const name = (what: string) => `${kind}-${what}`
  beforeAll(async () => {
    const opened = await openLedger(kind)
    ledger = opened.ledger
    close = opened.close
    hosts = new Hosts(ledger)
  })
  afterEach(() => hosts.stop())
  afterAll(async () => {
    expect((await verifyLedger(ledger)).violations).toEqual([])
    await close()
  })

  it('calls it many times at once in two processes: one works it, the others hear that it is held', async () => {
    const [a, b] = [await hosts.open(), await hosts.open()]
    const id = name('twins')
    const letGo = hold(id)
    const run = await a.start(errand, { input: { id } })
    const calls = Array.from({ length: 20 }, (_, n) => (n % 2 ? a : b).advance(run.id))
    await allButOne(calls)
    letGo()
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'ended')).toHaveLength(1)
    expect(statuses.filter((status) => status === 'held')).toHaveLength(19)
    expect(actsOf(id)).toBe(1)
    expect((await ledger.journal({ runId: run.id })).filter((entry) => entry.kind === 'claim')).toHaveLength(1)
  })

  it('calls long after the end, and changes nothing', async () => {
    const mw = await hosts.open()
    const run = await mw.start(errand, { input: { id: name('stale') } })
    await hosted(mw, run.id)
    const before = await ledger.run({ runId: run.id })
    const said = { status: 'ended', waits: null, again: 'never', continuedAs: null }
    expect([await mw.advance(run.id), await mw.advance(run.id)]).toEqual([said, said])
    expect(await ledger.run({ runId: run.id })).toEqual(before)
  })

  it('calls beside a worker that claims by itself: each acts once, and both come to an end', async () => {
    const ids = Array.from({ length: 8 }, (_, n) => name(`beside-${n}`))
    const [host] = [await hosts.open(), await hosts.open({ worker: { lease: '5s' } })]
    const runs = await Promise.all(ids.map((id) => host.start(errand, { input: { id, rest: true } })))
    await Promise.all(runs.map(({ id }) => hosted(host, id)))
    expect(ids.map(actsOf)).toEqual(ids.map(() => 1))
  })

  it('goes on where a call died in the middle, and the dead one is fenced', async () => {
    const id = name('dies')
    const letGo = hold(id)
    const dying = await hosts.open({ worker: { claims: false, lease: '500ms' } }, withoutHeart(ledger))
    const heir = await hosts.open()
    const run = await dying.start(rush, { input: { id } })
    const died = dying.advance(run.id)
    await expect.poll(() => actsOf(id)).toBe(1)
    const heard = await hosted(heir, run.id)
    letGo()
    expect(heard.at(-1)).toBe('ended')
    expect(['lost', 'ended']).toContain((await died).status)
    expect(await heir.run(run.id).outcome()).toEqual({ status: 'completed', output: { did: id } })
    expect(actsOf(id)).toBe(1)
  })

  it('takes up a run whose claim was granted and whose answer was lost', async () => {
    const mw = await hosts.open({}, losingAClaim(ledger))
    const run = await mw.start(errand, { input: { id: name('lost') } })
    await expect(mw.advance(run.id)).rejects.toMatchObject({ code: 'ledger_away' })
    expect((await hosted(mw, run.id)).at(-1)).toBe('ended')
    expect(actsOf(name('lost'))).toBe(1)
  })

  it('is a process that wanted no worker: the first call makes one, and it claims nothing else', async () => {
    const mw = await hosts.open({ worker: false })
    const before = (await ledger.workers.list()).length
    const [run, other] = await Promise.all(
      ['called', 'uncalled'].map((what) => mw.start(errand, { input: { id: name(what) } })),
    )
    expect((await ledger.workers.list()).length).toBe(before)
    expect(await hosted(mw, run?.id ?? '')).toEqual(['ended'])
    expect((await ledger.workers.list()).length).toBe(before + 1)
    expect((await ledger.run({ runId: other?.id ?? '' }))?.state).toBe('queued')
    await mw.stop()
    await expect(mw.advance(run?.id ?? '')).rejects.toMatchObject({ code: 'not_ready' })
  })

  it('hears what a run waits for, who must be told, and what goes on from it', async () => {
    const mw = await hosts.open()
    const session = name('case')
    const [first, second] = [
      await mw.start(errand, { input: { id: name('one'), rest: true }, session }),
      await mw.start(errand, { input: { id: name('two') }, session }),
    ]
    const parked = await mw.advance(first.id)
    expect(parked).toMatchObject({ status: 'parked', waits: 'timer', again: { inMs: expect.any(Number) } })
    // Its turn comes when the first has ended; nothing but its deadline is known before.
    const before = await ledger.run({ runId: second.id })
    expect(await mw.advance(second.id)).toMatchObject({ status: 'not_due', again: { at: before?.deadlineAt } })
    expect(await ledger.run({ runId: second.id })).toEqual(before)
    await hosted(mw, first.id)
    expect(await mw.advance(second.id)).toMatchObject({ status: 'ended', again: 'never' })

    const link = await mw.start(chain, { input: { id: name('chain'), left: 1 } })
    const { status, continuedAs } = await mw.advance(link.id)
    expect([status, await mw.advance(continuedAs ?? '')]).toMatchObject([
      'ended',
      { status: 'ended', continuedAs: null },
    ])
  })

  it('is told that the code of a run is elsewhere, and that a run is none', async () => {
    const other = flow({ name: name('other'), version: 1, input: z.object({}), run: async () => 'done' })
    const theirs = await hosts.open({ run: [other], worker: false })
    const mw = await hosts.open()
    const run = await theirs.start(other, { input: {} })
    expect(await mw.advance(run.id)).toMatchObject({ status: 'not_served', again: { inMs: 30_000 } })
    await expect(mw.advance('none')).rejects.toMatchObject({ code: 'unknown_run' })
    expect((await theirs.advance(run.id)).status).toBe('ended')
  })

  it('has time for whatever is due: runs, those that they call, and those that rest for less than that', async () => {
    const mw = await hosts.open({ worker: false })
    const run = await mw.start(party, { input: { id: name('party') } })
    const late = await mw.start(errand, { input: { id: name('late'), rest: true } })
    const asleep = await mw.start(errand, { input: { id: name('asleep') }, session: name('asleep') })
    const { stretches, idle } = await mw.work({ within: '20s' })
    expect(idle).toBe(true)
    expect(stretches).toBeGreaterThanOrEqual(6)
    const states = await Promise.all([run, late, asleep].map(({ id }) => ledger.run({ runId: id })))
    expect(states.map((row) => row?.outcome)).toEqual(['completed', 'completed', 'completed'])
    expect(await mw.work({ within: '20s' })).toEqual({ stretches: 0, idle: true })
  })

  it('has no more time, and takes nothing more', async () => {
    const mw = await hosts.open()
    const id = name('endless')
    const letGo = hold(id)
    const run = await mw.start(errand, { input: { id } })
    expect(await mw.work({ within: '200ms' })).toEqual({ stretches: 0, idle: false })
    const next = await mw.start(errand, { input: { id: name('after') } })
    letGo()
    expect(await mw.run(run.id).outcome()).toMatchObject({ status: 'completed' })
    expect((await ledger.run({ runId: next.id }))?.state).toBe('queued')
    await hosted(mw, next.id)
  })
})

/** Resolves when all calls but one have come back. */
async function allButOne(calls: readonly Promise<unknown>[]): Promise<void> {
  let back = 0
  const count = () => {
    back += 1
  }
  for (const call of calls) void call.then(count)
  while (back < calls.length - 1) await new Promise((turn) => setImmediate(turn))
}
