import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Ledger } from '../core/ledger.js'
import { NOBODY } from '../core/observers.js'
import { NO_HEADS } from '../ledger/heads/heads.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { Gate } from '../orchestrator/gate.js'
import { LedgerTime } from '../orchestrator/ledger-time.js'
import { type ManualClock, manualClock } from '../testing/manual-clock.js'
import { Continuity } from './continuity.js'
import { Heartbeat } from './heartbeat.js'

let ledgerClock: ManualClock
let clock: ManualClock
let ledger: Ledger
let gate: Gate
let time: LedgerTime
let alarms: string[]
let heartbeat: Heartbeat

beforeEach(async () => {
  ledgerClock = manualClock()
  clock = manualClock()
  ledger = memoryLedger({ clock: ledgerClock })
  gate = new Gate()
  time = new LedgerTime(clock)
  alarms = []
  const alarm = (what: string) => void alarms.push(what)
  heartbeat = new Heartbeat({
    ledger,
    clock,
    time,
    gate,
    observers: NOBODY,
    name: 'w',
    leaseMs: 8_000,
    serves: [],
    queues: [],
    continuity: new Continuity({ lives: ledger.lives, heads: NO_HEADS, gate, clock, name: 'w', alarm }),
    misfits: () => undefined,
    alarm,
  })
  await heartbeat.start()
})
afterEach(() => heartbeat.stop())

async function pass(ms: number): Promise<void> {
  await ledgerClock.advance(ms)
  await clock.advance(ms)
}

it('keeps the lease for as long as it beats', async () => {
  const id = heartbeat.workerId
  for (let n = 0; n < 10; n += 1) await pass(2_000)
  expect([heartbeat.workerId, alarms]).toEqual([id, []])
  const [row] = await ledger.workers.list()
  expect(row?.leaseUntil).toBe(ledgerClock.now() + 8_000)
})

it('registers anew when its lease ran out, and says so', async () => {
  const id = heartbeat.workerId
  await ledgerClock.advance(9_000)
  await clock.advance(2_000)
  expect(heartbeat.workerId).not.toBe(id)
  expect(alarms).toEqual(['The lease ran out; registering anew.'])
})

it('lets nothing begin when this machine’s clock jumped, until it agrees for one beat', async () => {
  clock.setWall(clock.now() + 6_000)
  await pass(2_000)
  expect([gate.isOpen, alarms.length]).toEqual([false, 1])
  expect(alarms[0]).toContain('-6000 ms')
  await pass(2_000)
  expect([gate.isOpen, alarms.length]).toEqual([true, 1])
})

it('sees a jump that a claim has seen before', async () => {
  clock.setWall(clock.now() - 60_000)
  time.observe(ledgerClock.now())
  expect(time.now()).toBe(ledgerClock.now())
  await pass(2_000)
  expect([gate.isOpen, alarms.length]).toEqual([false, 1])
})

it('does not mind a machine whose clock is simply wrong, nor one that drifts slowly', async () => {
  clock.setWall(clock.now() + 3_000)
  await pass(2_000)
  clock.setWall(clock.now() + 4_000)
  await pass(2_000)
  expect([gate.isOpen, alarms]).toEqual([true, []])
  expect(time.now()).toBe(ledgerClock.now())
})

it('goes on beating when the ledger was away, and tells of each beat that failed', async () => {
  const { heartbeat: beat } = ledger.workers
  ;(ledger.workers as { heartbeat: typeof beat }).heartbeat = () => Promise.reject(new Error('away'))
  await pass(2_000)
  await pass(2_000)
  ;(ledger.workers as { heartbeat: typeof beat }).heartbeat = beat
  await pass(2_000)
  expect(alarms).toEqual(['No heartbeat: away', 'No heartbeat: away'])
  expect((await ledger.workers.list())[0]?.leaseUntil).toBe(ledgerClock.now() + 8_000)
})

it('gives the lease back when it stops', async () => {
  await heartbeat.stop()
  const [row] = await ledger.workers.list()
  expect(row?.leaseUntil ?? 0).toBeLessThanOrEqual(ledgerClock.now())
})
