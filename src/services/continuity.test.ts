import { beforeEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Standing } from '../core/lives.js'
import { KeptHeads } from '../ledger/heads/heads.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { Gate } from '../orchestrator/gate.js'
import { type ManualClock, manualClock } from '../testing/manual-clock.js'
import { Continuity } from './continuity.js'

const SERVER: Standing = { life: 's/1', known: 's/1', incarnation: 1, isSynchronous: true, stopped: null }
const PROMOTED: Standing = { ...SERVER, life: 's/2', isSynchronous: false }

let clock: ManualClock
let ledger: Ledger
let gate: Gate
let alarms: string[]
let accepted: unknown[]
let continuity: Continuity

beforeEach(() => {
  clock = manualClock()
  ledger = memoryLedger({ clock })
  gate = new Gate()
  alarms = []
  accepted = []
  const accept = async (p: unknown) => accepted.push(p) > 0
  const lives = { ...ledger.lives, accept, standing: async () => SERVER }
  const alarm = (what: string) => void alarms.push(what)
  continuity = new Continuity({ lives, heads: new KeptHeads(null), gate, clock, name: 'w', alarm })
})

const register = async (standing = SERVER) => {
  const { workerId, at } = await ledger.workers.register({ name: 'w', leaseMs: 10_000, serves: [], queues: [] })
  await continuity.registered({ workerId, at, standing })
  return workerId
}
const stop = async () => (await ledger.lives.standing()).stopped

/** A heartbeat of the worker that was registered, as the ledger answers it. */
async function beat(workerId: number, standing: Standing, was?: number | null): Promise<void> {
  await clock.advance(1_000)
  const heard = await ledger.workers.heartbeat({ workerId, leaseMs: 10_000 })
  await continuity.heard({ ...heard, workerId, was: was === undefined ? heard.was : was, standing })
}

describe('a worker that knew the ledger', () => {
  it('goes on while it is known, and says nothing', async () => {
    const id = await register()
    for (let n = 0; n < 3; n += 1) await beat(id, SERVER)
    expect([gate.isOpen, alarms, await stop()]).toEqual([true, [], null])
  })

  it.each([
    ['an older beat', 0],
    ['no such worker', null],
  ])('stops claims when the ledger knows %s, and begins nothing', async (_, was) => {
    const id = await register()
    await beat(id, SERVER)
    await beat(id, SERVER, was)
    expect(gate.isOpen).toBe(false)
    expect(await stop()).toMatchObject({
      by: 'w',
      why: expect.stringContaining('restored to an older point'),
      since: was,
    })
    expect(alarms).toEqual([expect.stringContaining('Claims are stopped')])
  })

  it('is not mistaken in a beat that came after its lease, which the ledger did not write down', async () => {
    const id = await register()
    await clock.advance(20_000)
    await beat(id, SERVER)
    await beat(id, SERVER)
    expect([gate.isOpen, alarms]).toEqual([true, []])
  })

  it('stops claims when the incarnation fell', async () => {
    await beat(await register({ ...SERVER, incarnation: 2 }), SERVER)
    expect(await stop()).not.toBeNull()
  })

  it('vouches for a standby for which commits had waited', async () => {
    const id = await register()
    await beat(id, PROMOTED)
    expect(accepted).toEqual([{ known: 's/1', life: 's/2' }])
    expect([gate.isOpen, await stop()]).toEqual([false, null])
    await beat(id, { ...PROMOTED, known: 's/2' })
    expect([gate.isOpen, alarms]).toEqual([true, ['A standby was promoted (timeline 1 to 2); nothing is lost.']])
  })

  it.each([
    ['for which commits had not waited', { ...SERVER, isSynchronous: false }, PROMOTED, 'commits had not waited'],
    ['on another server', SERVER, { ...SERVER, life: 'other/1' }, 'another server'],
  ])('stops claims on one %s', async (_, before, after, why) => {
    await beat(await register(before), after)
    expect((await stop())?.why).toContain(why)
    expect([gate.isOpen, accepted]).toEqual([false, []])
  })

  it('says once that others have stopped claims, and goes on when they are given again', async () => {
    const id = await register()
    const stopped = { at: 5, why: 'because.', by: 'other', since: null }
    await beat(id, { ...SERVER, stopped })
    await beat(id, { ...SERVER, stopped })
    expect(gate.isOpen).toBe(false)
    expect(alarms).toEqual([expect.stringContaining('because. Told by other')])
    await beat(id, { ...SERVER, incarnation: 2 }, 0)
    expect([gate.isOpen, alarms.length]).toEqual([true, 1])
  })
})

describe('a worker that did not know it', () => {
  it('waits for one that did, and then stops claims', async () => {
    const id = await register(PROMOTED)
    expect([gate.isOpen, await stop()]).toEqual([false, null])
    await clock.advance(LIMITS.vouch_ms - 2_000)
    await beat(id, PROMOTED)
    expect(await stop()).toBeNull()
    await beat(id, PROMOTED)
    expect((await stop())?.why).toContain('nobody who knew it before is there')
    expect(accepted).toEqual([])
  })
})
